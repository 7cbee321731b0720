//! XPath 1.0 over a document: which nodes an expression means.
//!
//! In: an expression and a root element. Out: [`Found`] nodes in document order, each with the way to its element;
//! or why the expression is none.
//! Absent: namespaces (but for what stands before a colon in a name), variables, processing instructions, `id()`.

mod error;
mod evaluate;
mod functions;
mod nodes;
mod parse;
mod value;

use super::tree::Element;
pub use error::XPathError;
pub use nodes::{Found, Kind};

/// An expression that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct XPath {
    expression: parse::Expression,
}

impl XPath {
    /// # Errors
    /// The text is no expression.
    pub fn parse(text: &str) -> Result<XPath, XPathError> {
        Ok(XPath { expression: parse::expression(text)? })
    }

    /// The nodes that it means, in document order; none if it is a number, a text or a truth.
    ///
    /// # Errors
    /// It calls a function that there is not, or with what it does not take; or it looks at too many nodes.
    pub fn find(&self, root: &Element) -> Result<Vec<Found>, XPathError> {
        let tree = nodes::Tree::of(root);
        match evaluate::value(&self.expression, &tree, value::Context::of_document())? {
            value::Value::Nodes(found) => Ok(found.into_iter().map(|node| tree.found(node)).collect()),
            _ => Ok(Vec::new()),
        }
    }
}

/// The element that a way leads to.
pub fn at<'a>(root: &'a Element, way: &[usize]) -> Option<&'a Element> {
    way.iter().try_fold(root, |element, place| element.children.get(*place)?.element().map(|child| &**child))
}

/// The same, made the caller's own.
pub fn at_mut<'a>(root: &'a mut Element, way: &[usize]) -> Option<&'a mut Element> {
    way.iter().try_fold(root, |element, place| element.child_at_mut(*place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    const DOCUMENT: &str = "<cib epoch='3'><configuration><nodes><node id='1' uname='n1'/><node id='2' uname='n2'/>\
        </nodes><resources><group id='g'><primitive id='a' type='IP'><op id='a-m' interval='10s'/></primitive>\
        <primitive id='b' type='Dummy'/></group><primitive id='c' type='Dummy'/><!-- end --></resources>\
        </configuration></cib>";

    /// What is found: an element's name and id, an attribute's value, the text of a comment.
    #[track_caller]
    fn check(expression: &str, expected: &str) {
        let root = read(DOCUMENT).expect("a document");
        let words = |found: Found| match found.kind {
            Kind::Document => "/".to_string(),
            Kind::Attribute { name, value } => format!("@{name}={value}"),
            Kind::Text(text) | Kind::Comment(text) => text.trim().to_string(),
            Kind::Element => {
                let element = at(&root, &found.way).expect("an element");
                element.id().map_or_else(|| element.name.to_string(), |id| format!("{}#{id}", element.name))
            }
        };
        let said = match XPath::parse(expression).and_then(|path| path.find(&root)) {
            Ok(found) => found.into_iter().map(words).collect::<Vec<_>>().join(" "),
            Err(error) => format!("refused: {error}"),
        };
        assert_eq!(said, expected, "{expression}");
    }

    #[test]
    fn paths_lead_where_xpath_says() {
        check("/cib/configuration/nodes/node", "node#1 node#2");
        check("//primitive", "primitive#a primitive#b primitive#c");
        check("//group//primitive[@id='b']/..", "group#g");
        check("//op/ancestor::primitive", "primitive#a");
        check("//primitive[1]", "primitive#a primitive#c");
        check("(//primitive)[last()]", "primitive#c");
        check("//primitive[@id='c']/preceding-sibling::*[1]", "group#g");
        check("//group/following-sibling::primitive", "primitive#c");
        check("/cib/@epoch", "@epoch=3");
        check("//node[@uname='n2']/@*", "@id=2 @uname=n2");
        check("//resources/comment()", "end");
        check("/", "/");
        check("//nodes|//group", "nodes group#g");
        check("//*[self::node or self::op]", "node#1 node#2 op#a-m");
        check("//missing", "");
    }

    #[test]
    fn predicates_compare_and_call() {
        check("//primitive[@type='Dummy' and not(parent::group)]", "primitive#c");
        check("//primitive[op]", "primitive#a");
        check("//*[@id][count(*) > 1]", "group#g");
        check("//node[contains(@uname, '2') or starts-with(@uname, 'x')]", "node#2");
        check("//node[position() = 2 - 1]", "node#1");
        check("//node[@id >= 2]", "node#2");
        check("//node[@id != '1']", "node#2");
        check("//node[string-length(@uname) = 2][2]", "node#2");
        check("//*[local-name() = 'op']", "op#a-m");
        check("//node[concat('n', @id) = @uname]", "node#1 node#2");
        check("//primitive[@id = //group/primitive/@id]", "primitive#a primitive#b");
        check("//node[substring(@uname, 2, 1) mod 2 = 0]", "node#2");
    }

    #[test]
    fn what_would_take_for_ever_is_refused() {
        let deep = (0..4).fold("1".to_string(), |inner, _| format!("count(//*[{inner} > 0])"));
        let many = |count: usize| {
            let all: String = (0..count).map(|number| format!("<node id='{number}'/>")).collect();
            let root = read(&format!("<cib>{all}</cib>")).expect("a document");
            XPath::parse(&format!("//*[{deep} > 0]")).and_then(|path| path.find(&root)).map(|found| found.len())
        };
        assert_eq!(many(9), Ok(10));
        assert_eq!(many(1_000), Err(XPathError("the XPath expression looks at too many nodes".into())));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "//", "//node[", "//node[@id='1'", "/cib/", "1 +", "nosuch(1)", "$x", "//node]", "'open"] {
            let root = read(DOCUMENT).expect("a document");
            assert!(XPath::parse(text).and_then(|path| path.find(&root)).is_err(), "{text}");
        }
    }
}
