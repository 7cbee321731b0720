//! The local time zone, read from the system's zone file.
//!
//! In: the file's bytes. Out: [`Zone`]. Never here: which file it is (see `once`).

use std::path::{Path, PathBuf};

use quorate_core::view::Zone;

const ZONES: &str = "/usr/share/zoneinfo";

/// The zone `$TZ` names, else the machine's; Greenwich where neither can be read.
pub fn local(tz: Option<&str>) -> Zone {
    let path = match tz.map(|tz| tz.trim_start_matches(':')) {
        None => PathBuf::from("/etc/localtime"),
        Some("") | Some("UTC") | Some("UTC0") => return Zone::default(),
        Some(name) if name.starts_with('/') => PathBuf::from(name),
        Some(name) => Path::new(ZONES).join(name),
    };
    std::fs::read(path).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default()
}

/// A zone file (RFC 9636): the second block has 64-bit times.
pub fn parse(bytes: &[u8]) -> Option<Zone> {
    let first = Header::read(bytes)?;
    if first.version < b'2' {
        return block(bytes.get(44..)?, &first, 4);
    }
    let rest = bytes.get(44 + first.length(4)..)?;
    let second = Header::read(rest)?;
    block(rest.get(44..)?, &second, 8)
}

struct Header {
    version: u8,
    utc: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        let head = bytes.get(..44).filter(|head| head.starts_with(b"TZif"))?;
        let count = |at: usize| {
            number(&head[at..at + 4]).and_then(|count| usize::try_from(count).ok()).filter(|count| *count < 1 << 20)
        };
        Some(Header {
            version: head[4],
            utc: count(20)?,
            standard: count(24)?,
            leaps: count(28)?,
            times: count(32)?,
            types: count(36)?,
            letters: count(40)?,
        })
    }

    /// Bytes of the block after the header.
    fn length(&self, width: usize) -> usize {
        self.times * (width + 1) + self.types * 6 + self.letters + self.leaps * (width + 4) + self.standard + self.utc
    }
}

fn block(bytes: &[u8], header: &Header, width: usize) -> Option<Zone> {
    let times = bytes.get(..header.times * width)?;
    let indices = bytes.get(header.times * width..header.times * (width + 1))?;
    let types = bytes.get(header.times * (width + 1)..)?.get(..header.types * 6)?;
    let offset = |index: u8| number(types.get(usize::from(index) * 6..)?.get(..4)?).map(|offset| offset as i32);
    let moments = times.chunks(width).zip(indices);
    let changes: Option<Vec<(i64, i32)>> =
        moments.map(|(time, index)| Some((number(time)?, offset(*index)?))).collect();
    Some(Zone { offset: offset(0)?, changes: changes? })
}

/// Big-endian, signed.
fn number(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        4 => Some(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
        8 => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_zones_are_read() {
        let Ok(bytes) = std::fs::read(Path::new(ZONES).join("Europe/Berlin")) else {
            println!("skipped: no zone files");
            return;
        };
        let berlin = parse(&bytes).expect("a zone file");
        // Winter and summer of 2020.
        assert_eq!(berlin.offset_at(1_580_000_000), 3600);
        assert_eq!(berlin.offset_at(1_592_335_401), 7200);
    }

    #[test]
    fn other_bytes_are_no_zone() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(&[b'T'; 100]), None);
        let mut claims_much = b"TZif2".to_vec();
        claims_much.resize(44, 0xff);
        assert_eq!(parse(&claims_much), None);
    }
}
