//! Texts with `{{NAME}}` in them.
//!
//! In: a text, and what names stand for. Out: the text with `{{NAME}}` replaced, `{{#NAME}}…{{/NAME}}`
//! kept where the name has a value, and `{{^NAME}}…{{/NAME}}` where it has none.

/// # Errors
/// In words: a mark that is not closed, or a section that does not end.
pub fn render(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let rest = part(text, None, true, value, &mut out)?;
    debug_assert!(rest.is_empty(), "only a section ends before the text does");
    Ok(out)
}

/// Renders up to the end of the section, and returns what is behind it.
fn part<'t>(
    mut text: &'t str,
    section: Option<&str>,
    shown: bool,
    value: &dyn Fn(&str) -> Option<String>,
    out: &mut String,
) -> Result<&'t str, String> {
    loop {
        let Some(start) = text.find("{{") else {
            if let Some(section) = section {
                return Err(format!("`{{{{{section}}}}}` has no end"));
            }
            out.push_str(text);
            return Ok("");
        };
        let Some(length) = text[start..].find("}}") else {
            return Err(format!("`{}` is not closed", text[start..].lines().next().unwrap_or_default()));
        };
        let (before, name, behind) = (&text[..start], &text[start + 2..start + length], &text[start + length + 2..]);
        if shown {
            out.push_str(before);
        }
        text = behind;
        let has = |name: &str| value(name).is_some_and(|value| is_set(&value));
        match name.trim().split_at_checked(1) {
            Some(("#", name)) => text = part(text, Some(name), shown && has(name), value, out)?,
            Some(("^", name)) => text = part(text, Some(name), shown && !has(name), value, out)?,
            Some(("/", name)) if section == Some(name) => return Ok(text),
            Some(("/", name)) => return Err(format!("`{{{{/{name}}}}}` ends nothing")),
            _ if shown => out.push_str(&value(name.trim()).unwrap_or_default()),
            _ => {}
        }
    }
}

/// Whether a value says yes.
pub fn is_set(value: &str) -> bool {
    !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "false" | "no" | "off")
}

#[cfg(test)]
mod tests {
    use super::render;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let value = |name: &str| match name {
            "id" => Some("web".to_string()),
            "fs:id" => Some("disk".to_string()),
            "install" => Some("false".to_string()),
            _ => None,
        };
        let rendered = render(text, &value);
        assert_eq!(rendered.as_deref().map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn names_and_sections() {
        check("group g-{{id}} {{fs:id}} {{none}}", Ok("group g-web disk "));
        check("{{#fs:id}}a {{fs:id}}{{/fs:id}}{{^fs:id}}b{{/fs:id}}", Ok("a disk"));
        check("{{#install}}a{{/install}}{{^install}}b{{/install}}", Ok("b"));
        check("{{#none}}{{#id}}x{{/id}}{{/none}}y", Ok("y"));
    }

    #[test]
    fn what_does_not_end_is_said() {
        check("a {{id", Err("`{{id` is not closed"));
        check("{{#id}}x", Err("`{{id}}` has no end"));
        check("x{{/id}}", Err("`{{/id}}` ends nothing"));
    }
}
