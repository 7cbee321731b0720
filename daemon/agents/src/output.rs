//! What a program prints, within bounds: its beginning, which says what it is, and its end, which says
//! why it failed.

use std::collections::VecDeque;

/// So much is kept of the beginning, and as much of the end: metadata and lists of ports fit in the former.
const PART_BYTES: usize = 128 * 1024;

/// An output, taken piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Caught {
    beginning: Vec<u8>,
    end: VecDeque<u8>,
    dropped: usize,
}

impl Caught {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(PART_BYTES - self.beginning.len()));
        self.beginning.extend_from_slice(first);
        self.end.extend(rest);
        let surplus = self.end.len().saturating_sub(PART_BYTES);
        self.end.drain(..surplus);
        self.dropped += surplus;
    }

    /// With a line that says what is missing.
    pub(crate) fn text(&self) -> String {
        let mut bytes = self.beginning.clone();
        if self.dropped > 0 {
            bytes.extend_from_slice(format!("\n... {} bytes ...\n", self.dropped).as_bytes());
        }
        bytes.extend(&self.end);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[(&str, usize)], expected: &[(&str, usize)]) {
        let mut caught = Caught::default();
        pieces.iter().for_each(|(piece, times)| caught.take(piece.repeat(*times).as_bytes()));
        let expected: String = expected.iter().map(|(piece, times)| piece.repeat(*times)).collect();
        assert!(caught.text() == expected, "{} bytes, not {}", caught.text().len(), expected.len());
    }

    #[test]
    fn what_fits_is_kept_whole() {
        check(&[], &[]);
        check(&[("a", 1), ("b", 2)], &[("abb", 1)]);
        check(&[("a", PART_BYTES), ("b", PART_BYTES)], &[("a", PART_BYTES), ("b", PART_BYTES)]);
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_kept() {
        let (missing, half) = (format!("\n... {} bytes ...\n", PART_BYTES + 6), PART_BYTES / 2);
        check(
            &[("a", PART_BYTES + 6), ("b", half), ("c", PART_BYTES), ("reason", 1)],
            &[
                ("a", PART_BYTES),
                (&missing.replace(&(PART_BYTES + 6).to_string(), &(half + 12).to_string()), 1),
                ("c", PART_BYTES - 6),
                ("reason", 1),
            ],
        );
    }
}
