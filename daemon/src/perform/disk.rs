//! The configuration on disk: written whole, durable before it is acknowledged, found again after
//! any crash.
//!
//! `cib.xml` with its digest and mark in `cib.xml.sig`. Before a new version takes their place,
//! the old pair is kept as `cib-N.raw` and `cib-N.raw.sig`, N counting round, the next number in
//! `cib.last`. Reading takes `cib.xml` if its digest is right, else the newest backup whose is.

use quorate_core::cib::Document;
use quorate_core::replica::Mark;
use quorate_core::xml::digest::md5_hex;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many backups are kept.
const BACKUPS_MAX: u32 = 100;

/// A directory that holds the configuration.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

/// What was found at the start.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub document: Document,
    pub mark: Mark,
    /// What could not be used, and what was used instead.
    pub complaints: Vec<String>,
}

impl Store {
    /// Uses (and makes) this directory.
    pub fn open(directory: &Path) -> io::Result<Store> {
        fs::create_dir_all(directory)?;
        Ok(Store { directory: directory.to_path_buf() })
    }

    /// The newest valid configuration; an empty one where nothing was ever written.
    ///
    /// If there are files but none is valid, that is an error: starting empty would lose what
    /// an administrator may still be able to mend.
    pub fn load(&self) -> Result<Loaded, String> {
        let mut complaints = Vec::new();
        let mut places = vec![self.directory.join("cib.xml")];
        places.extend(self.backups());
        let mut seen = false;
        for place in places.iter().filter(|place| place.exists()) {
            seen = true;
            match read(place) {
                Ok((document, mark)) => {
                    if !complaints.is_empty() {
                        complaints.push(format!("using {} of version {}", place.display(), document.version()));
                    }
                    return Ok(Loaded { document, mark, complaints });
                }
                Err(error) => complaints.push(format!("{} is refused: {error}", place.display())),
            }
        }
        match seen {
            true => Err(complaints.join("; ")),
            false => Ok(Loaded { document: Document::empty(), mark: Mark::default(), complaints }),
        }
    }

    /// Backups, the newest first.
    fn backups(&self) -> Vec<PathBuf> {
        let next = self.next_backup();
        let before = (0..next).rev().chain((next..BACKUPS_MAX).rev());
        before.map(|number| self.directory.join(format!("cib-{number}.raw"))).collect()
    }

    fn next_backup(&self) -> u32 {
        let text = fs::read_to_string(self.directory.join("cib.last")).unwrap_or_default();
        text.trim().parse().unwrap_or(0) % BACKUPS_MAX
    }

    /// Writes a configuration; when this returns, it is on disk.
    pub fn save(&self, document: &Document, mark: Mark) -> io::Result<()> {
        let text = document.to_text();
        let signature = signature(text.as_bytes(), mark);
        let new = self.write_beside("cib.xml", text.as_bytes())?;
        let new_signature = self.write_beside("cib.xml.sig", signature.as_bytes())?;
        self.keep_old()?;
        fs::rename(new, self.directory.join("cib.xml"))?;
        fs::rename(new_signature, self.directory.join("cib.xml.sig"))?;
        self.sync()
    }

    /// The old pair stays under its number until as many newer ones have come.
    fn keep_old(&self) -> io::Result<()> {
        let old = self.directory.join("cib.xml");
        // A broken pair is no backup: it would only push out a good one.
        if !old.exists() || read(&old).is_err() {
            return Ok(());
        }
        let number = self.next_backup();
        for (name, suffix) in [("cib.xml", "raw"), ("cib.xml.sig", "raw.sig")] {
            let backup = self.directory.join(format!("cib-{number}.{suffix}"));
            match fs::remove_file(&backup) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => fs::hard_link(self.directory.join(name), backup)?,
            }
        }
        let next = self.write_beside("cib.last", format!("{}\n", (number + 1) % BACKUPS_MAX).as_bytes())?;
        fs::rename(next, self.directory.join("cib.last"))?;
        self.sync()
    }

    fn write_beside(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.directory.join(format!(".{name}.new"));
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(path)
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

fn signature(bytes: &[u8], mark: Mark) -> String {
    format!("{}\nterm {}\nconfiguration-term {}\n", md5_hex(bytes), mark.term, mark.configuration_term)
}

fn read(path: &Path) -> Result<(Document, Mark), String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let signature_path =
        path.with_file_name(format!("{}.sig", path.file_name().and_then(|name| name.to_str()).unwrap_or_default()));
    let signature =
        fs::read_to_string(&signature_path).map_err(|error| format!("{}: {error}", signature_path.display()))?;
    let mut lines = signature.lines();
    if lines.next().map(str::trim) != Some(md5_hex(&bytes).as_str()) {
        return Err("its digest is not the one it was written with".into());
    }
    let mut mark = Mark::default();
    for line in lines {
        match line.split_once(' ') {
            Some(("term", number)) => mark.term = number.parse().map_err(|_| "bad signature")?,
            Some(("configuration-term", number)) => {
                mark.configuration_term = number.parse().map_err(|_| "bad signature")?;
            }
            _ => return Err("bad signature".into()),
        }
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
    let document = Document::read(text).map_err(|error| error.to_string())?;
    Ok((document, mark))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::cib::Version;

    fn document(epoch: u32) -> Document {
        let mut document = Document::empty();
        document.set_version(Version { admin_epoch: 0, epoch, num_updates: 0 });
        document
    }

    fn mark(term: u64) -> Mark {
        Mark { term, configuration_term: term }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        for epoch in 1..=120 {
            store.save(&document(epoch), mark(u64::from(epoch))).unwrap();
            let loaded = store.load().unwrap();
            assert_eq!((loaded.document.version().epoch, loaded.mark.term), (epoch, u64::from(epoch)));
        }
    }

    /// Every damage to the current file: the version before is used, and said.
    #[test]
    fn a_damaged_file_is_refused_and_the_newest_backup_loaded() {
        let damages: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() / 2),
            |bytes| bytes.clear(),
            |bytes| bytes[40] ^= 1,
            |bytes| bytes.extend(b"<!-- -->"),
        ];
        for damage in damages {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::open(directory.path()).unwrap();
            for epoch in 1..=3 {
                store.save(&document(epoch), mark(1)).unwrap();
            }
            let path = directory.path().join("cib.xml");
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            let loaded = store.load().unwrap();
            assert_eq!(loaded.document.version().epoch, 2);
            assert!(loaded.complaints[0].contains("cib.xml is refused"), "{:?}", loaded.complaints);
            store.save(&document(4), mark(1)).unwrap();
            assert_eq!(store.load().unwrap().document.version().epoch, 4);
        }
    }

    #[test]
    fn when_nothing_is_valid_it_does_not_start_empty() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), mark(1)).unwrap();
        fs::remove_file(directory.path().join("cib.xml.sig")).unwrap();
        assert!(store.load().unwrap_err().contains("cib.xml is refused"));
    }

    /// Wherever a crash cuts the sequence of a save short, the old or the new version is there.
    #[test]
    fn a_crash_between_the_renames_loses_nothing_acknowledged() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), mark(1)).unwrap();
        store.save(&document(2), mark(1)).unwrap();
        let text = document(3).to_text();
        store.keep_old().unwrap();
        let new = store.write_beside("cib.xml", text.as_bytes()).unwrap();
        fs::rename(new, directory.path().join("cib.xml")).unwrap();
        assert_eq!(store.load().unwrap().document.version().epoch, 2);
    }
}
