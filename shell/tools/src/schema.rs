//! `quorate schema [NAME]`: a schema of the CIB as RELAX NG, as crmsh looks for it in `/usr/share/pacemaker`.
//!
//! In: a schema's name (the latest without one), or `api-result`. Out: the grammar. That of what tools answer in XML,
//! which pcs holds answers against (`/usr/share/pacemaker/api/api-result.rng`), tells the frame of all answers.

use crate::answer;
use crate::standard::{Manual, STANDARD};
use crate::{Exit, Io};
use quorate_core::schema::{self, Schema};
use quorate_core::xml::write_pretty;

const API_RESULT: &str = r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start>
    <element name="pacemaker-result">
      <attribute name="api-version"><data type="string"/></attribute>
      <attribute name="request"><data type="string"/></attribute>
      <zeroOrMore><ref name="part"/></zeroOrMore>
      <ref name="status"/>
    </element>
  </start>
  <define name="status">
    <element name="status">
      <attribute name="code"><data type="nonNegativeInteger"/></attribute>
      <attribute name="message"><data type="string"/></attribute>
      <optional>
        <element name="errors">
          <oneOrMore><element name="error"><text/></element></oneOrMore>
        </element>
      </optional>
    </element>
  </define>
  <define name="part">
    <element>
      <anyName><except><name>status</name></except></anyName>
      <ref name="anything"/>
    </element>
  </define>
  <define name="anything">
    <zeroOrMore>
      <choice>
        <attribute><anyName/><text/></attribute>
        <text/>
        <element><anyName/><ref name="anything"/></element>
      </choice>
    </zeroOrMore>
  </define>
</grammar>
"#;

const MANUAL: Manual = Manual {
    name: "quorate schema",
    operands: &["[NAME]"],
    about: "Prints a schema of the CIB, or of what the tools answer in XML (api-result), as RELAX NG",
    tables: &[STANDARD],
    more: "Examples, for crmsh and for pcs:
  quorate schema pacemaker-4.0 >/usr/share/pacemaker/pacemaker-4.0.rng
  quorate schema api-result >/usr/share/pacemaker/api/api-result.rng",
};

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, |call, answer| {
        let name = call.given.operands.first();
        if name.is_some_and(|name| name == "api-result") {
            answer.text(API_RESULT);
            return Ok(());
        }
        let wanted = name.map_or(Some(schema::LATEST), |name| Schema::parse(name));
        match wanted.filter(|wanted| schema::checked().any(|known| known == *wanted)) {
            Some(wanted) => {
                answer.text(&write_pretty(&schema::relax_ng(wanted)));
                Ok(())
            }
            None => {
                let (oldest, latest) = (schema::OLDEST, schema::LATEST);
                let name = name.map_or("", String::as_str);
                Err((Exit::NO_SUCH, format!("there is no grammar of `{name}`, but of {oldest} to {latest}")))
            }
        }
    })
}
