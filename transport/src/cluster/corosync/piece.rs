//! Messages in pieces: Corosync carries 1,047,552 bytes at once, an engine must carry more.
//!
//! In: a message, or pieces as they arrive, in each sender's order. Out: pieces, or whole messages.
//! A piece that does not follow what came before it from its sender is dropped with it: a receiver
//! that came in the middle never sees half a message.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes in one piece: below Corosync's limit, with room for what stands around them.
pub const PIECE_BYTES: usize = 1_000_000;

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Of the message, counted by its sender.
    pub number: u64,
    pub index: u32,
    pub count: u32,
    pub bytes: Vec<u8>,
}

/// Cuts a message; an empty one is one piece.
pub fn cut(number: u64, message: &[u8]) -> Vec<Piece> {
    let parts: Vec<&[u8]> = if message.is_empty() { vec![&[]] } else { message.chunks(PIECE_BYTES).collect() };
    let count = parts.len() as u32;
    let piece = |(index, bytes): (usize, &&[u8])| Piece { number, index: index as u32, count, bytes: bytes.to_vec() };
    parts.iter().enumerate().map(piece).collect()
}

/// What has arrived of messages that are not whole.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    begun: BTreeMap<u32, Piece>,
}

impl Assembly {
    /// Takes the next piece of a sender; the message, with its number, when it was the last.
    pub fn take(&mut self, from: u32, piece: Piece) -> Option<(u64, Vec<u8>)> {
        let begun = self.begun.remove(&from);
        let whole = match begun {
            _ if piece.index == 0 => piece,
            Some(begun) if (begun.number, begun.count, begun.index + 1) == (piece.number, piece.count, piece.index) => {
                let mut bytes = begun.bytes;
                bytes.extend(piece.bytes);
                Piece { bytes, ..piece }
            }
            _ => return None,
        };
        if whole.index + 1 >= whole.count {
            return Some((whole.number, whole.bytes));
        }
        self.begun.insert(from, whole);
        None
    }

    /// Nothing that has begun goes on.
    pub fn clear(&mut self) {
        self.begun.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|index| index as u8).collect()
    }

    #[test]
    fn whatever_its_size_a_message_arrives_as_it_was() {
        for (bytes, pieces) in [(0, 1), (1, 1), (PIECE_BYTES, 1), (PIECE_BYTES + 1, 2), (3 * PIECE_BYTES, 3)] {
            let sent = message(bytes);
            let cut = cut(7, &sent);
            assert_eq!(cut.len(), pieces, "{bytes} bytes");
            let mut assembly = Assembly::default();
            let got: Vec<_> = cut.into_iter().filter_map(|piece| assembly.take(1, piece)).collect();
            assert!(got == [(7, sent)], "{bytes} bytes");
        }
    }

    #[test]
    fn half_a_message_is_none() {
        let pieces = cut(7, &message(3 * PIECE_BYTES));
        let mut assembly = Assembly::default();
        // The beginning was not heard.
        assert_eq!(assembly.take(1, pieces[1].clone()), None);
        assert_eq!(assembly.take(1, pieces[2].clone()), None);
        // The middle is missing, or of another message, or of another sender.
        assert_eq!(assembly.take(1, pieces[0].clone()), None);
        assert_eq!(assembly.take(1, pieces[2].clone()), None);
        assert_eq!(assembly.take(1, pieces[0].clone()), None);
        assert_eq!(assembly.take(1, Piece { number: 8, ..pieces[1].clone() }), None);
        assert_eq!(assembly.take(1, pieces[0].clone()), None);
        assert_eq!(assembly.take(2, pieces[1].clone()), None);
        assert_eq!(assembly.take(1, pieces[1].clone()), None);
        assert!(assembly.take(1, pieces[2].clone()).is_some());
    }
}
