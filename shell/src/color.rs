//! Colours by crmsh's names.
//!
//! In: words. Out: escape codes.

/// Colours and weights by crmsh's names.
pub const COLORS: &[(&str, &str)] = &[
    ("black", "30"),
    ("red", "31"),
    ("green", "32"),
    ("yellow", "33"),
    ("blue", "34"),
    ("magenta", "35"),
    ("cyan", "36"),
    ("white", "37"),
    ("bold", "1"),
    ("dim", "2"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("normal", ""),
];

/// The escape code of words such as `red bold`; empty for what is shown as it is.
pub fn code(words: &str) -> Option<String> {
    let mut codes = Vec::new();
    for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (_, code) = COLORS.iter().find(|(name, _)| *name == word)?;
        codes.extend(Some(*code).filter(|code| !code.is_empty()));
    }
    Some(if codes.is_empty() { String::new() } else { format!("\x1b[{}m", codes.join(";")) })
}
