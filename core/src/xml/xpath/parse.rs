//! The text of an expression, read.
//!
//! In: a text. Out: an [`Expression`], or what is wrong with it.

use super::error::XPathError;

/// What stands between two expressions (XPath 1.0, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    Union,
}

/// In which direction a step goes (section 2.2); `namespace` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

/// What a step lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Elements (attributes, on their axis) of this name.
    Name(String),
    /// All of them.
    Any,
    Node,
    Text,
    Comment,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub axis: Axis,
    pub test: Test,
    pub predicates: Vec<Expression>,
}

/// An expression that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Literal(String),
    Number(f64),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
    /// From the document, or from the node that is looked at.
    Path {
        absolute: bool,
        steps: Vec<Step>,
    },
    /// From what another expression means, with predicates on all of it.
    Filter {
        from: Box<Expression>,
        predicates: Vec<Expression>,
        steps: Vec<Step>,
    },
}

/// Deeper ones are refused: reading recurses.
const DEPTH_MAX: usize = 100;

/// Reads an XPath 1.0 expression.
///
/// # Errors
/// It is none, or nested too deeply.
pub fn expression(text: &str) -> Result<Expression, XPathError> {
    let mut parser = Parser { rest: text, depth: 0 };
    let read = parser.binary(0)?;
    match parser.peek() {
        None => Ok(read),
        Some(_) => Err(parser.wrong()),
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

/// Operators by how strongly they bind, the weakest first; in each line the longer spellings first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("!=", Operator::Unequal), ("=", Operator::Equal)],
    &[("<=", Operator::LessOrEqual), (">=", Operator::GreaterOrEqual), ("<", Operator::Less), (">", Operator::Greater)],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("div", Operator::Divide), ("mod", Operator::Modulo)],
];

const AXES: &[(&str, Axis)] = &[
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("ancestor", Axis::Ancestor),
    ("attribute", Axis::Attribute),
    ("child", Axis::Child),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("descendant", Axis::Descendant),
    ("following-sibling", Axis::FollowingSibling),
    ("following", Axis::Following),
    ("parent", Axis::Parent),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("preceding", Axis::Preceding),
    ("self", Axis::Itself),
];

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        self.peek();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, token: &str) -> Result<(), XPathError> {
        if self.take(token) { Ok(()) } else { Err(self.wrong()) }
    }

    fn wrong(&self) -> XPathError {
        let rest: String = self.rest.trim_start().chars().take(40).collect();
        XPathError(match rest.is_empty() {
            true => "the XPath expression ends too early".to_string(),
            false => format!("the XPath expression is not understood at `{rest}`"),
        })
    }

    /// Words are operators only where they end.
    fn operator(&mut self, level: usize) -> Option<Operator> {
        self.peek();
        for (spelling, operator) in LEVELS[level] {
            let Some(rest) = self.rest.strip_prefix(spelling) else { continue };
            let word = spelling.starts_with(char::is_alphabetic);
            if word && rest.starts_with(is_name) {
                continue;
            }
            self.rest = rest;
            return Some(*operator);
        }
        None
    }

    fn binary(&mut self, level: usize) -> Result<Expression, XPathError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX * LEVELS.len() {
            return Err(XPathError("the XPath expression is too deep".into()));
        }
        let read = self.binary_within(level);
        self.depth -= 1;
        read
    }

    fn binary_within(&mut self, level: usize) -> Result<Expression, XPathError> {
        if level == LEVELS.len() {
            return self.unary();
        }
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(level) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, XPathError> {
        if self.take("-") {
            let negated = self.binary(LEVELS.len())?;
            return Ok(Expression::Negative(Box::new(negated)));
        }
        let mut left = self.path()?;
        while self.take("|") {
            let right = self.path()?;
            left = Expression::Binary(Operator::Union, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn path(&mut self) -> Result<Expression, XPathError> {
        if let Some(from) = self.primary()? {
            let predicates = self.predicates()?;
            let mut steps = Vec::new();
            if self.rest.trim_start().starts_with('/') {
                self.steps(&mut steps)?;
            }
            return Ok(match predicates.is_empty() && steps.is_empty() {
                true => from,
                false => Expression::Filter { from: Box::new(from), predicates, steps },
            });
        }
        let mut steps = Vec::new();
        let absolute = self.peek() == Some('/');
        if absolute && !self.rest.starts_with("//") {
            self.take("/");
            if self.peek().is_none_or(|next| !is_step(next)) {
                return Ok(Expression::Path { absolute, steps });
            }
        }
        if !self.rest.starts_with("//") {
            steps.push(self.step()?);
        }
        self.steps(&mut steps)?;
        Ok(Expression::Path { absolute, steps })
    }

    /// Steps behind slashes.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), XPathError> {
        loop {
            if self.take("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() });
            } else if !self.take("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        let of = |axis| Step { axis, test: Test::Node, predicates: Vec::new() };
        if self.take("..") {
            return Ok(of(Axis::Parent));
        }
        if self.take(".") {
            return Ok(of(Axis::Itself));
        }
        let axis = match self.take("@") {
            true => Axis::Attribute,
            false => self.axis().unwrap_or(Axis::Child),
        };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Option<Axis> {
        self.peek();
        AXES.iter().find_map(|(name, axis)| {
            let rest = self.rest.strip_prefix(name)?.trim_start().strip_prefix("::")?;
            self.rest = rest;
            Some(*axis)
        })
    }

    fn test(&mut self) -> Result<Test, XPathError> {
        if self.take("*") {
            return Ok(Test::Any);
        }
        let name = self.name()?;
        if !self.take("(") {
            return Ok(Test::Name(name));
        }
        self.need(")")?;
        match name.as_str() {
            "node" => Ok(Test::Node),
            "text" => Ok(Test::Text),
            "comment" => Ok(Test::Comment),
            _ => Err(self.wrong()),
        }
    }

    fn name(&mut self) -> Result<String, XPathError> {
        self.peek();
        let end = self.rest.find(|c: char| !is_name(c) && c != ':').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ':')) {
            return Err(self.wrong());
        }
        self.rest = rest;
        Ok(name.to_string())
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, XPathError> {
        let mut read = Vec::new();
        while self.take("[") {
            read.push(self.binary(0)?);
            self.need("]")?;
        }
        Ok(read)
    }

    /// What is no path: a literal, a number, a call, something in brackets.
    fn primary(&mut self) -> Result<Option<Expression>, XPathError> {
        let Some(first) = self.peek() else { return Err(self.wrong()) };
        match first {
            '\'' | '"' => {
                let inside = &self.rest[1..];
                let Some(end) = inside.find(first) else { return Err(self.wrong()) };
                self.rest = &inside[end + 1..];
                Ok(Some(Expression::Literal(inside[..end].to_string())))
            }
            '(' => {
                self.take("(");
                let read = self.binary(0)?;
                self.need(")")?;
                Ok(Some(read))
            }
            '0'..='9' => self.number().map(Some),
            '.' if self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number().map(Some),
            _ => self.call(),
        }
    }

    fn number(&mut self) -> Result<Expression, XPathError> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().map_err(|_| self.wrong())?;
        self.rest = &self.rest[end..];
        Ok(Expression::Number(number))
    }

    fn call(&mut self) -> Result<Option<Expression>, XPathError> {
        let before = self.rest;
        let Ok(name) = self.name() else { return Ok(None) };
        let is_call = self.peek() == Some('(') && !matches!(name.as_str(), "node" | "text" | "comment");
        if !is_call {
            self.rest = before;
            return Ok(None);
        }
        self.take("(");
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.binary(0)?);
                if self.take(")") {
                    break;
                }
                self.need(",")?;
            }
        }
        Ok(Some(Expression::Call(name, arguments)))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_step(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '*' | '@' | '.')
}
