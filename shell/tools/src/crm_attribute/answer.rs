//! What crm_attribute answers: lines for people, elements for programs.

use quorate_core::xml::Element;

#[derive(Default)]
pub struct Answer {
    pub lines: Vec<String>,
    /// What comes before the last complaint.
    pub errors: Vec<String>,
    pub parts: Vec<Element>,
}
