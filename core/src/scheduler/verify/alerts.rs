//! Alerts that nobody is told of.
//!
//! In: the configuration. Out: notes.
//! Absent: whether the program is there, which only a node can say.

use crate::cib::model::Configuration;
use crate::cib::model::alert::Alert;
use crate::note::Note;

pub fn notes(model: &Configuration) -> Vec<Note> {
    let relative = model.alerts.iter().filter(|alert| !alert.path.starts_with('/'));
    let note = |alert: &Alert| {
        let text = format!("`{}` will hardly be found: it is no path that begins with `/`", alert.path);
        Note::info(alert.id.as_str(), text).at(alert.path.as_str())
    };
    relative.map(note).collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::check;

    #[test]
    fn a_program_that_no_path_leads_to_is_told() {
        for (path, expected) in [("/usr/bin/tell", ""), ("bin/tell", "info a bin/tell"), ("tell", "info a tell")] {
            check(&format!("<alerts><alert id=\"a\" path=\"{path}\"/></alerts>"), expected);
        }
    }
}
