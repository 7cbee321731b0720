//! What help says of matters that are no command: topics.
//!
//! In: a name, in any case. Out: the text. The texts stand beside, one file each; lines that are indented
//! by four are examples, and statements among them are the language (a test reads them).
//! Absent: commands (see `help`).

pub struct Topic {
    pub name: &'static str,
    /// In a few words.
    pub title: &'static str,
    pub text: &'static str,
}

macro_rules! topic {
    ($name:literal, $title:literal, $file:literal) => {
        Topic { name: $name, title: $title, text: include_str!(concat!("topic/", $file, ".txt")) }
    };
}

pub static TOPICS: &[Topic] = &[
    topic!("CommandLine", "options, and commands on the command line", "command-line"),
    topic!("Interface", "the interactive shell", "interface"),
    topic!("Completion", "TAB", "completion"),
    topic!("Shorthand", "commands cut short", "shorthand"),
    topic!("Batch", "many commands as one transaction", "batch"),
    topic!("ExitCodes", "what `crm` exits with", "exit-codes"),
    topic!("Output", "where answers go, and in which form", "output"),
    topic!("Shadows", "copies of the configuration to try things out on", "shadows"),
    topic!("Checks", "what is checked before a commit", "checks"),
    topic!("Templates", "ready configurations with blanks", "templates"),
    topic!("Testing", "what a change would do", "testing"),
    topic!("Security", "access control lists", "security"),
    topic!("ResourceSets", "sets of resources in constraints", "resource-sets"),
    topic!("AttributeListReferences", "sets of attributes that are shared", "attribute-list-references"),
    topic!("AttributeReferences", "single attributes that are shared", "attribute-references"),
    topic!("RuleExpressions", "conditions for values and constraints", "rule-expressions"),
    topic!("Lifetime", "how long a move, a ban or standby holds", "lifetime"),
];

pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::TOPICS;
    use crate::levels;
    use quorate_grammar::crm;

    /// Names of statements, from the command table.
    fn is_statement(word: &str) -> bool {
        let commands = levels::configure::LEVEL.commands.iter();
        commands.filter(|one| matches!(one.run, crate::command::Run::Statement)).any(|one| one.name == word)
    }

    #[test]
    fn statements_in_topics_are_the_language() {
        let mut read = 0;
        for topic in TOPICS {
            for line in topic.text.lines().filter_map(|line| line.strip_prefix("    ")) {
                if !line.split_whitespace().next().is_some_and(is_statement) {
                    continue;
                }
                let (_, wrong) = crm::parse(line);
                assert!(wrong.is_empty(), "{}: {line}\n{wrong:?}", topic.name);
                read += 1;
            }
        }
        assert!(read > 15, "only {read} statements were found");
    }

    #[test]
    fn commands_in_topics_are_there() {
        for topic in TOPICS {
            for line in topic.text.lines().filter_map(|line| line.strip_prefix("    ")) {
                let words: Vec<&str> = line.split_whitespace().skip_while(|word| *word == "crm").collect();
                let Some(level) =
                    levels::all().find(|level| !level.name.is_empty() && Some(&level.name) == words.first())
                else {
                    continue;
                };
                let Some(name) = words.get(1) else { continue };
                let known = level.commands.iter().any(|command| command.is_called(name));
                assert!(known, "{}: {line}", topic.name);
            }
        }
    }
}
