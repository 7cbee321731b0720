//! The configuration on disk: written whole, durable before it is acknowledged, found again after
//! any crash. Only the cluster's own account reads it: it holds passwords.
//!
//! `cib.xml` with its digest and terms in `cib.xml.sig`. Before a new version takes their place,
//! the old pair is kept as `cib-N.raw` and `cib-N.raw.sig`, N counting round, the next number in
//! `cib.last`. Reading takes `cib.xml` if its digest is right, else the newest backup whose is.

use quorate_core::cib::Document;
use quorate_core::replica::PersistedTerms;
use quorate_core::xml::{
    self,
    digest::{element_digest, md5_hex},
};
use quorate_transport::owned::Owned;
use quorate_transport::regular;
use quorate_transport::store::{Staged, StoreError, replace_owned};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many backups are kept.
const BACKUPS_MAX: u32 = 100;

/// No configuration is longer, nor what stands beside its digest.
const CIB_BYTES_MAX: u64 = 1024 * 1024 * 1024;
const SIGNATURE_BYTES_MAX: u64 = 64 * 1024;

/// Written again and again to see whether the disk works.
const CHECKED: &str = ".checked";
const CHECK_BYTES_MIN: usize = 16 * 1024;
const CHECK_BYTES_MAX: usize = 256 * 1024;

/// A directory that holds the configuration.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
    owned: Owned,
}

/// What was found at the start.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub document: Document,
    pub terms: PersistedTerms,
    /// What could not be used, and what was used instead.
    pub complaints: Vec<String>,
}

/// There are files, but none is valid: what is wrong with each.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NothingValid(String);

impl Store {
    /// Uses (and makes) this directory; what is in it already is narrowed.
    pub fn open(directory: &Path) -> io::Result<Store> {
        let owned = Owned::by_cluster(0o600, 0o750);
        owned.directory(directory)?;
        owned.narrow(directory, |name| name.starts_with("cib"))?;
        Ok(Store { directory: directory.to_path_buf(), owned })
    }

    /// The terms that the newest backup with a digest was written in.
    fn newest_terms(&self) -> PersistedTerms {
        self.backups().iter().find_map(|backup| read(backup).ok()?.1).unwrap_or_default()
    }

    /// The newest valid configuration; an empty one where nothing was ever written.
    ///
    /// If there are files but none is valid, that is an error: starting empty would lose what
    /// an administrator may still be able to mend.
    pub fn load(&self) -> Result<Loaded, NothingValid> {
        let mut complaints = Vec::new();
        let mut places = vec![self.directory.join("cib.xml")];
        places.extend(self.backups());
        let mut seen = false;
        let missing = !places[0].exists();
        for place in places.iter().filter(|place| place.exists()) {
            seen = true;
            match read(place) {
                Ok((document, terms)) => {
                    let terms = terms.unwrap_or_else(|| {
                        // An administrator's copy has none; the configuration is taken, as Pacemaker takes it.
                        complaints.push(format!("{} has no digest beside it", place.display()));
                        self.newest_terms()
                    });
                    if missing {
                        complaints.push(format!("{} is missing", places[0].display()));
                    }
                    if !complaints.is_empty() {
                        complaints.push(format!("using {} of version {}", place.display(), document.version()));
                    }
                    return Ok(Loaded { document, terms, complaints });
                }
                Err(error) => complaints.push(format!("{} is refused: {error}", place.display())),
            }
        }
        match seen {
            true => Err(NothingValid(complaints.join("; "))),
            false => Ok(Loaded { document: Document::empty(), terms: PersistedTerms::default(), complaints }),
        }
    }

    /// Backups, the newest first.
    fn backups(&self) -> Vec<PathBuf> {
        let next = self.next_backup();
        let before = (0..next).rev().chain((next..BACKUPS_MAX).rev());
        before.map(|number| self.directory.join(format!("cib-{number}.raw"))).collect()
    }

    fn next_backup(&self) -> u32 {
        let text = regular::read_text(&self.directory.join("cib.last"), SIGNATURE_BYTES_MAX).unwrap_or_default();
        text.trim().parse().unwrap_or(0) % BACKUPS_MAX
    }

    /// Writes a configuration; when this returns, it is on disk.
    pub fn save(&self, document: &Document, terms: PersistedTerms) -> io::Result<()> {
        let text = document.to_text();
        let signature = signature(text.as_bytes(), terms);
        let new = self.stage("cib.xml", text.as_bytes())?;
        let new_signature = self.stage("cib.xml.sig", signature.as_bytes())?;
        self.keep_old()?;
        // One without the other is refused by its digest, and the old pair is there: one wait for the disk does.
        Staged::finish_together([new, new_signature]).map_err(reason)
    }

    /// Whether the configuration could be written again, durably: as much of it as is worth the effort.
    pub fn check(&self) -> io::Result<()> {
        let stored = fs::metadata(self.directory.join("cib.xml")).map_or(0, |about| about.len() as usize);
        let bytes = vec![b'\n'; stored.clamp(CHECK_BYTES_MIN, CHECK_BYTES_MAX)];
        replace_owned(&self.directory.join(CHECKED), &bytes, self.owned).map_err(reason)
    }

    fn stage(&self, name: &str, bytes: &[u8]) -> io::Result<Staged> {
        Staged::owned(&self.directory.join(name), bytes, self.owned).map_err(reason)
    }

    /// The old pair stays under its number until as many newer ones have come.
    fn keep_old(&self) -> io::Result<()> {
        let old = self.directory.join("cib.xml");
        // A broken pair is no backup: it would only push out a good one.
        if !old.exists() || !is_sound(&old) {
            return Ok(());
        }
        let number = self.next_backup();
        for (name, suffix) in [("cib.xml", "raw"), ("cib.xml.sig", "raw.sig")] {
            let backup = self.directory.join(format!("cib-{number}.{suffix}"));
            unless_missing(fs::remove_file(&backup))?;
            // An administrator's copy has no digest.
            unless_missing(fs::hard_link(self.directory.join(name), backup))?;
        }
        let next = format!("{}\n", (number + 1) % BACKUPS_MAX);
        // With it the directory is on disk, and so are the links.
        replace_owned(&self.directory.join("cib.last"), next.as_bytes(), self.owned).map_err(reason)
    }
}

/// What was done, or had not to be.
fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// What the system says, without the name of a file that is gone by then.
fn reason(error: StoreError) -> io::Error {
    match error {
        StoreError::File { source, .. } => {
            let text = source.to_string();
            let said = text.split(" at path ").next().unwrap_or(&text);
            io::Error::new(source.kind(), said)
        }
        error => io::Error::other(error),
    }
}

/// The digest of the configuration, the terms, and the digest of all this: a term that is none would have the others
/// forget what they have acknowledged.
fn signature(bytes: &[u8], terms: PersistedTerms) -> String {
    let said = format!("{}\nterm {}\nconfiguration-term {}\n", md5_hex(bytes), terms.term, terms.configuration_term);
    let digest = md5_hex(said.as_bytes());
    said + "digest " + &digest + "\n"
}

/// Larger ones were never counted to.
const TERM_MAX: u64 = u64::MAX >> 1;

fn term(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|term| *term <= TERM_MAX).ok_or_else(|| "bad signature".into())
}

/// Whether it can be read again. What has the digest that it was written with need not be looked into.
fn is_sound(path: &Path) -> bool {
    match read_signed(path) {
        Ok((_, Some(_))) => true,
        Ok((bytes, None)) => parse(&bytes).is_ok(),
        Err(_) => false,
    }
}

/// The terms are missing where no digest was kept.
fn read(path: &Path) -> Result<(Document, Option<PersistedTerms>), String> {
    let (bytes, terms) = read_signed(path)?;
    Ok((parse(&bytes)?, terms))
}

/// The bytes of a file, and the terms beside its digest, which is held against it.
fn read_signed(path: &Path) -> Result<(Vec<u8>, Option<PersistedTerms>), String> {
    let bytes = regular::read(path, CIB_BYTES_MAX).map_err(|error| error.to_string())?;
    let signature_path =
        path.with_file_name(format!("{}.sig", path.file_name().and_then(|name| name.to_str()).unwrap_or_default()));
    let signature = match regular::read_text(&signature_path, SIGNATURE_BYTES_MAX) {
        Ok(signature) => signature,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((bytes, None)),
        Err(error) => return Err(format!("{}: {error}", signature_path.display())),
    };
    let mut lines = signature.lines();
    let written = lines.next().map_or("", str::trim);
    if written != md5_hex(&bytes) && !is_pacemakers(&signature, &bytes) {
        return Err("its digest is not the one it was written with".into());
    }
    let mut terms = PersistedTerms::default();
    for line in lines {
        match line.split_once(' ') {
            Some(("term", number)) => terms.term = term(number)?,
            Some(("configuration-term", number)) => terms.configuration_term = term(number)?,
            // Older programs wrote none.
            Some(("digest", digest)) if signature.ends_with(&format!("digest {digest}\n")) => {
                let said = signature.split("digest ").next().unwrap_or_default();
                if md5_hex(said.as_bytes()) != digest {
                    return Err("its terms are not the ones it was written with".into());
                }
            }
            _ => return Err("bad signature".into()),
        }
    }
    Ok((bytes, Some(terms)))
}

/// Whether it is the signature that Pacemaker left: that of the document on one line, and nothing else
/// (`pcmk__digest_on_disk_cib`). A host that comes from Pacemaker keeps its configuration.
fn is_pacemakers(signature: &str, bytes: &[u8]) -> bool {
    let element = std::str::from_utf8(bytes).ok().and_then(|text| xml::read(text).ok());
    element.is_some_and(|element| element_digest(&element) == signature.trim())
}

fn parse(bytes: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    Document::read(text).map_err(|error| error.to_string())
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

    fn terms(term: u64) -> PersistedTerms {
        PersistedTerms { term, configuration_term: term }
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        for epoch in 1..=120 {
            store.save(&document(epoch), terms(u64::from(epoch))).unwrap();
            let loaded = store.load().unwrap();
            assert_eq!((loaded.document.version().epoch, loaded.terms.term), (epoch, u64::from(epoch)));
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
                store.save(&document(epoch), terms(1)).unwrap();
            }
            let path = directory.path().join("cib.xml");
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            let loaded = store.load().unwrap();
            assert_eq!(loaded.document.version().epoch, 2);
            assert!(loaded.complaints[0].contains("cib.xml is refused"), "{:?}", loaded.complaints);
            store.save(&document(4), terms(1)).unwrap();
            assert_eq!(store.load().unwrap().document.version().epoch, 4);
        }
    }

    /// A term that is too high would win over what the others have acknowledged.
    #[test]
    fn a_damaged_signature_is_refused_and_the_newest_backup_loaded() {
        let saved = |terms_saved: PersistedTerms| {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::open(directory.path()).unwrap();
            store.save(&document(1), terms(1)).unwrap();
            store.save(&document(2), terms_saved).unwrap();
            (directory, store)
        };
        let length = signature(document(2).to_text().as_bytes(), terms(17)).len();
        for at in 0..length {
            let (directory, store) = saved(terms(17));
            let path = directory.path().join("cib.xml.sig");
            let mut bytes = fs::read(&path).unwrap();
            bytes[at] ^= 8;
            fs::remove_file(&path).unwrap();
            fs::write(&path, &bytes).unwrap();
            let loaded = store.load().unwrap();
            let found = (loaded.document.version().epoch, loaded.terms);
            assert!(found == (1, terms(1)) || found == (2, terms(17)), "byte {at}: {found:?}");
        }
        let (_directory, store) = saved(terms(u64::MAX));
        assert_eq!(store.load().unwrap().terms, terms(1));
    }

    /// As an older program has written it.
    #[test]
    fn a_signature_without_a_digest_of_its_own_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(3)).unwrap();
        let path = directory.path().join("cib.xml.sig");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.split("digest ").next().unwrap()).unwrap();
        assert_eq!(store.load().unwrap().terms, terms(3));
    }

    const PACEMAKERS: &str = r#"<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="3" num_updates="0" admin_epoch="0">
  <configuration>
    <crm_config/>
    <nodes>
      <node id="1" uname="n1"/>
    </nodes>
    <resources/>
    <constraints/>
  </configuration>
</cib>
"#;
    /// What `cibadmin --md5-sum` of Pacemaker 2.1.5 says of it.
    const PACEMAKERS_DIGEST: &str = "78fe53d9fb3ba17c04c0ac1bcf8c4315";

    #[test]
    fn what_pacemaker_left_is_taken_unless_it_was_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cib.xml");
        fs::write(&path, PACEMAKERS).unwrap();
        fs::write(directory.path().join("cib.xml.sig"), PACEMAKERS_DIGEST).unwrap();
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(store.load().unwrap().document.version().epoch, 3);
        fs::write(&path, PACEMAKERS.replace("uname=\"n1\"", "uname=\"n2\"")).unwrap();
        assert!(store.load().is_err());
    }

    #[test]
    fn a_missing_file_beside_a_backup_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(store.load().unwrap().complaints, [""; 0], "at the very start nothing is missed");
        store.save(&document(1), terms(1)).unwrap();
        store.save(&document(2), terms(1)).unwrap();
        fs::remove_file(directory.path().join("cib.xml")).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!(loaded.document.version().epoch, 1);
        assert!(loaded.complaints[0].ends_with("cib.xml is missing"), "{:?}", loaded.complaints);
    }

    /// It holds passwords; what an older program wrote for all to read is narrowed.
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("cib-7.raw"), "<cib/>").unwrap();
        fs::set_permissions(directory.path().join("cib-7.raw"), PermissionsExt::from_mode(0o644)).unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(1)).unwrap();
        store.save(&document(2), terms(1)).unwrap();
        for entry in fs::read_dir(directory.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn when_nothing_is_valid_it_does_not_start_empty() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(1)).unwrap();
        fs::write(directory.path().join("cib.xml.sig"), "0123\n").unwrap();
        assert!(store.load().unwrap_err().to_string().contains("cib.xml is refused"));
    }

    /// As a person leaves it who restores a copy.
    #[test]
    fn a_configuration_without_a_digest_is_taken_and_that_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(3)).unwrap();
        store.save(&document(2), terms(4)).unwrap();
        fs::remove_file(directory.path().join("cib.xml.sig")).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!((loaded.document.version().epoch, loaded.terms), (2, terms(3)));
        assert!(loaded.complaints[0].ends_with("cib.xml has no digest beside it"), "{:?}", loaded.complaints);
        store.save(&document(3), terms(5)).unwrap();
        assert_eq!(store.load().unwrap().terms, terms(5));
        for sig in ["cib.xml.sig", "cib-0.raw.sig"] {
            fs::remove_file(directory.path().join(sig)).unwrap();
        }
        assert_eq!(store.load().unwrap().terms, PersistedTerms::default());
    }

    /// Wherever a crash cuts the sequence of a save short, the old or the new version is there.
    #[test]
    fn a_crash_between_the_renames_loses_nothing_acknowledged() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(1)).unwrap();
        store.save(&document(2), terms(1)).unwrap();
        let text = document(3).to_text();
        store.keep_old().unwrap();
        store.stage("cib.xml", text.as_bytes()).unwrap().finish().unwrap();
        assert_eq!(store.load().unwrap().document.version().epoch, 2);
    }

    /// Both renames wait for one flush of the directory: the second may be on disk without the first.
    #[test]
    fn a_digest_without_its_configuration_loses_nothing_acknowledged() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        store.save(&document(1), terms(1)).unwrap();
        store.save(&document(2), terms(1)).unwrap();
        let signed = signature(document(3).to_text().as_bytes(), terms(1));
        store.keep_old().unwrap();
        store.stage("cib.xml.sig", signed.as_bytes()).unwrap().finish().unwrap();
        assert_eq!(store.load().unwrap().document.version().epoch, 2);
        store.save(&document(4), terms(1)).unwrap();
        assert_eq!(store.load().unwrap().document.version().epoch, 4);
    }

    #[test]
    fn what_can_be_read_again_becomes_a_backup_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let path = directory.path().join("cib.xml");
        let backups = || fs::read_dir(directory.path()).unwrap().flatten();
        let count = || backups().filter(|entry| entry.file_name().to_string_lossy().ends_with(".raw")).count();
        let broken = [(true, "<cib", false), (true, "<cib epoch='7'/>", false), (false, "<cib", false)];
        for (signed, text, kept) in broken.into_iter().chain([(false, &*document(9).to_text(), true)]) {
            store.save(&document(1), terms(1)).unwrap();
            fs::remove_file(&path).unwrap();
            fs::write(&path, text).unwrap();
            if !signed {
                fs::remove_file(directory.path().join("cib.xml.sig")).unwrap();
            }
            let before = count();
            store.save(&document(2), terms(1)).unwrap();
            assert_eq!(count() > before, kept, "{text}, signed: {signed}");
        }
    }
}
