//! The secret all nodes share, and the ciphers of one connection made from it.
//!
//! In: a key file. Out: `ClusterKey`; `Sealer` and `Opener` for one direction of one connection.
//! Every connection has keys of its own, made from the shared key and a random number of each
//! side, and counts its records: nothing can be replayed from another connection, nor within one.
//! Absent: forward secrecy. Whoever has recorded the traffic and later steals the key can read it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce, XChaCha20Poly1305, XNonce};

use crate::regular;

/// How long a key is. Bytes.
pub const KEY_BYTES: usize = 32;
/// Long enough that random ones never repeat.
pub const SALT_BYTES: usize = 24;
/// Added to every sealed record.
pub const TAG_BYTES: usize = 16;

/// What makes one connection's key differ from another's.
pub type Salt = [u8; SALT_BYTES];

/// The secret that all nodes share. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClusterKey([u8; KEY_BYTES]);

impl fmt::Debug for ClusterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ClusterKey(…)")
    }
}

/// Why a key file is not used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot read the cluster key {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the cluster key {} may be read or written by others (mode {mode:04o}); it must be 0600", path.display())]
    Open { path: PathBuf, mode: u32 },
    #[error("the cluster key {} belongs to uid {owner}, not to root or this user", path.display())]
    Owner { path: PathBuf, owner: u32 },
    #[error("the cluster key {} has {bytes} bytes, not {KEY_BYTES}", path.display())]
    Length { path: PathBuf, bytes: u64 },
}

impl ClusterKey {
    /// The key that these bytes are.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> ClusterKey {
        ClusterKey(bytes)
    }

    /// A new key.
    ///
    /// # Errors
    /// The kernel gives no random bytes.
    pub fn random() -> io::Result<ClusterKey> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(ClusterKey(bytes))
    }

    /// Makes a new key file.
    ///
    /// # Errors
    /// The file cannot be written, or there is one: it is left alone.
    pub fn create(path: &Path) -> Result<ClusterKey, KeyError> {
        let fail = |source| KeyError::Io { path: path.to_path_buf(), source };
        let key = ClusterKey::random().map_err(fail)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fail)?;
        file.write_all(&key.0).and_then(|()| file.sync_all()).map_err(fail)?;
        Ok(key)
    }

    /// The key in a file that only its owner, root or this user, can read.
    ///
    /// # Errors
    /// The file cannot be read, is open to others, or its length is not a key's.
    pub fn read(path: &Path) -> Result<ClusterKey, KeyError> {
        let fail = |source| KeyError::Io { path: path.to_path_buf(), source };
        let mut file = regular::open(OpenOptions::new().read(true), path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        let (path, mode, owner) = (path.to_path_buf(), metadata.mode() & 0o7777, metadata.uid());
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path, mode });
        }
        if owner != 0 && owner != nix::unistd::Uid::effective().as_raw() {
            return Err(KeyError::Owner { path, owner });
        }
        if metadata.len() != KEY_BYTES as u64 {
            return Err(KeyError::Length { path, bytes: metadata.len() });
        }
        let mut bytes = [0; KEY_BYTES];
        file.read_exact(&mut bytes).map_err(fail)?;
        Ok(ClusterKey(bytes))
    }

    /// The key of one connection, known only to holders of the shared key.
    pub(super) fn session(&self, dialer: &Salt, acceptor: &Salt) -> Session {
        Session(derive(&derive(&self.0, dialer), acceptor))
    }
}

pub(super) fn salt() -> io::Result<Salt> {
    let mut bytes = [0; SALT_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

pub(super) struct Session([u8; KEY_BYTES]);

/// What a key of a session is used for; no two uses share one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    AcceptorProof,
    DialerProof,
    Records,
}

impl Session {
    fn key(&self, purpose: Purpose) -> [u8; KEY_BYTES] {
        let mut label = [0; SALT_BYTES];
        label[..8].copy_from_slice(b"quorate:");
        label[8] = purpose as u8;
        derive(&self.0, &label)
    }

    /// Shows that we hold the key, for this conversation only.
    pub fn prove(&self, purpose: Purpose, transcript: &[u8]) -> [u8; TAG_BYTES] {
        let cipher = ChaCha20Poly1305::new(&Key::from(self.key(purpose)));
        let payload = Payload { msg: b"", aad: transcript };
        let sealed = cipher.encrypt(&nonce(0), payload).expect("nothing is short enough to seal");
        sealed.try_into().expect("sealing nothing gives the tag alone")
    }

    /// Whether the proof was made with this session's key, of this transcript, for this purpose.
    pub fn verify(&self, purpose: Purpose, transcript: &[u8], proof: &[u8; TAG_BYTES]) -> bool {
        let cipher = ChaCha20Poly1305::new(&Key::from(self.key(purpose)));
        cipher.decrypt(&nonce(0), Payload { msg: proof, aad: transcript }).is_ok()
    }

    /// What encrypts the records that go out on this connection.
    pub fn sealer(&self) -> Sealer {
        Sealer { cipher: ChaCha20Poly1305::new(&Key::from(self.key(Purpose::Records))), sealed: 0 }
    }

    /// What decrypts the records that come in on it.
    pub fn opener(&self) -> Opener {
        Opener { cipher: ChaCha20Poly1305::new(&Key::from(self.key(Purpose::Records))), opened: 0 }
    }
}

/// A key from a key: the cipher's key stream at a place nobody uses for data.
fn derive(key: &[u8; KEY_BYTES], salt: &Salt) -> [u8; KEY_BYTES] {
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed =
        cipher.encrypt(&XNonce::from(*salt), [0u8; KEY_BYTES].as_slice()).expect("a key is short enough to seal");
    let mut derived = [0; KEY_BYTES];
    derived.copy_from_slice(&sealed[..KEY_BYTES]);
    derived
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Nonce::from(bytes)
}

/// Seals the records of one direction, in order.
pub(super) struct Sealer {
    cipher: ChaCha20Poly1305,
    sealed: u64,
}

impl Sealer {
    /// Replaces the record by its sealed form, `TAG_BYTES` longer.
    pub fn seal(&mut self, record: &mut Vec<u8>) {
        let nonce = nonce(self.sealed);
        self.sealed += 1;
        self.cipher.encrypt_in_place(&nonce, b"", record).expect("a record is short enough to seal");
    }
}

/// Opens the records of one direction, in order: a missing, repeated or changed one is an error.
pub(super) struct Opener {
    cipher: ChaCha20Poly1305,
    opened: u64,
}

impl Opener {
    /// Replaces a sealed record by what was sealed.
    ///
    /// # Errors
    /// It is not the next record that the other side sealed.
    pub fn open(&mut self, record: &mut Vec<u8>) -> Result<(), Forged> {
        let nonce = nonce(self.opened);
        self.opened += 1;
        self.cipher.decrypt_in_place(&nonce, b"", record).map_err(|_| Forged)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Forged;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn session(key: u8, salt: u8) -> Session {
        ClusterKey([key; KEY_BYTES]).session(&[salt; SALT_BYTES], &[9; SALT_BYTES])
    }

    #[test]
    fn records_open_once_in_order_and_unchanged() {
        let (mut sealer, mut opener) = (session(1, 1).sealer(), session(1, 1).opener());
        let mut first = b"first".to_vec();
        let mut second = b"second".to_vec();
        sealer.seal(&mut first);
        sealer.seal(&mut second);
        let (again, mut flipped) = (first.clone(), second.clone());
        assert_ne!(first, b"first");
        opener.open(&mut first).unwrap();
        assert_eq!(first, b"first");
        flipped[0] ^= 1;
        for bad in [again, flipped] {
            let mut opener = Opener { opened: 1, ..session(1, 1).opener() };
            assert_eq!(opener.open(&mut bad.clone()), Err(Forged));
        }
        opener.open(&mut second).unwrap();
    }

    #[test]
    fn another_key_or_another_connection_opens_nothing() {
        for (key, salt) in [(2, 1), (1, 2)] {
            let mut record = b"words".to_vec();
            session(1, 1).sealer().seal(&mut record);
            assert_eq!(session(key, salt).opener().open(&mut record), Err(Forged));
            let proof = session(1, 1).prove(Purpose::DialerProof, b"talk");
            assert!(!session(key, salt).verify(Purpose::DialerProof, b"talk", &proof));
        }
    }

    #[test]
    fn a_proof_serves_one_purpose_and_one_transcript() {
        let proof = session(1, 1).prove(Purpose::DialerProof, b"talk");
        assert!(session(1, 1).verify(Purpose::DialerProof, b"talk", &proof));
        assert!(!session(1, 1).verify(Purpose::AcceptorProof, b"talk", &proof));
        assert!(!session(1, 1).verify(Purpose::DialerProof, b"other", &proof));
    }

    #[test]
    fn a_key_file_is_private_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authkey");
        let key = ClusterKey::create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(ClusterKey::read(&path).unwrap(), key);
        assert!(matches!(ClusterKey::create(&path), Err(KeyError::Io { .. })), "an existing key was replaced");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(matches!(ClusterKey::read(&path), Err(KeyError::Open { mode: 0o640, .. })));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, b"short").unwrap();
        assert!(matches!(ClusterKey::read(&path), Err(KeyError::Length { bytes: 5, .. })));
        assert_eq!(format!("{key:?}"), "ClusterKey(…)");
    }
}
