//! The quorum device that `cluster init` is given.
//!
//! In: options. Out: what is wanted of it, or which of it is not there yet, by name.
//! Absent: what follows from it (see `quorate_bootstrap::arbiter`).

use super::flags::{ALGORITHM, ARBITER, ARBITER_PORT, TIE_BREAKER, TLS};
use super::given::{Given, Taken, Value};
use crate::error::{Failure, Kind, Outcome};
use quorate_bootstrap::arbiter::{Algorithm, Device};

pub const OPTIONS: [Taken; 5] =
    [(ARBITER, true), (ARBITER_PORT, true), (ALGORITHM, true), (TIE_BREAKER, true), (TLS, true)];

/// `host`: what the device's host is called, without user and port of ssh.
pub fn read(given: &Given, host: Option<String>) -> Outcome<Option<Device>> {
    let Some(host) = host else {
        let alone = OPTIONS.iter().find_map(|(flag, _)| Some((flag, given.last(*flag)?)));
        return match alone {
            Some((flag, value)) => Err(Failure::misused(value.span, format!("`{}` needs --qnetd-hostname", flag.name))),
            None => Ok(None),
        };
    };
    match given.last(TLS) {
        Some(value) if value.text == "off" => {}
        value => return Err(no_tls(value)),
    }
    let port = given.last(ARBITER_PORT).map(|value| value.text.parse().map_err(|_| wrong(value, "a port")));
    Ok(Some(Device { host, port: port.transpose()?, algorithm: algorithm(given)?, tie_breaker: tie_breaker(given)? }))
}

fn algorithm(given: &Given) -> Outcome<Algorithm> {
    match given.last(ALGORITHM) {
        None => Ok(Algorithm::FiftyFifty),
        Some(value) => match value.text.as_str() {
            "ffsplit" => Ok(Algorithm::FiftyFifty),
            "lms" => Ok(Algorithm::LastStanding),
            _ => Err(wrong(value, "ffsplit or lms")),
        },
    }
}

fn tie_breaker(given: &Given) -> Outcome<Option<String>> {
    let Some(value) = given.last(TIE_BREAKER) else { return Ok(None) };
    let is_one = ["lowest", "highest"].contains(&value.text.as_str()) || value.text.parse::<u32>().is_ok();
    match is_one {
        true => Ok(Some(value.text.clone())),
        false => Err(wrong(value, "lowest, highest or a node's id")),
    }
}

fn wrong(value: &Value, wanted: &str) -> Failure {
    Failure::misused(value.span, format!("`{}` is not {wanted}", value.text))
}

fn no_tls(value: Option<&Value>) -> Failure {
    let message = "certificates for the quorum device are not supported yet by this version";
    let failure = match value {
        Some(value) => Failure::at(value.span, message),
        None => Failure::new(Kind::Unsupported, message),
    };
    Failure { kind: Kind::Unsupported, ..failure }
        .hint("--qdevice-tls off does without; who can listen there sees the votes")
}
