//! Keeps what the scheduler was given, so that every decision can be replayed.
//!
//! `pe-input-N.bz2` in the inputs directory, N from 0 to the limit and round again, the next
//! number in `pe-input.last`: `crm_simulate -x` reads them. They are written beside the daemon's
//! loop, because compressing a large CIB takes longer than deciding; a failure is told, and
//! nothing waits for it.

use bzip2::Compression;
use bzip2::write::BzEncoder;
use quorate_core::cib::Document;
use quorate_transport::owned::Owned;
use quorate_transport::store::replace_owned;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

/// How many inputs are kept (`pe-input-series-max`).
pub const INPUTS_MAX: u32 = 4000;

/// Inputs that may wait to be written; beyond, one is left out rather than kept in memory.
const WAITING_MAX: usize = 16;

/// The numbered inputs of a node.
pub struct Series {
    next: u32,
    writer: mpsc::SyncSender<Input>,
}

struct Input {
    number: u32,
    document: Document,
    epoch: i64,
}

impl Series {
    /// Goes on behind the newest input; `failed` hears of every one that could not be written.
    pub fn open(directory: PathBuf, failed: impl Fn(String) + Send + 'static) -> io::Result<Series> {
        // Members of the group that manages the cluster may look into its history.
        let owned = Owned::by_cluster(0o640, 0o750);
        owned.directory(&directory)?;
        owned.narrow(&directory, |name| name.starts_with("pe-"))?;
        let last = std::fs::read_to_string(directory.join("pe-input.last")).unwrap_or_default();
        let next = last.trim().parse().unwrap_or(0) % INPUTS_MAX;
        let (writer, inputs) = mpsc::sync_channel::<Input>(WAITING_MAX);
        let work = move || {
            for input in inputs {
                if let Err(error) = write(&directory, &input, owned) {
                    failed(format!("pe-input-{} was not written: {error}", input.number));
                }
            }
        };
        std::thread::Builder::new().name("inputs".into()).spawn(work)?;
        Ok(Series { next, writer })
    }

    /// Keeps an input under the number that is returned; `None` if the disk lags too far behind.
    pub fn keep(&mut self, document: Document, epoch: i64) -> Option<u32> {
        let number = self.next;
        self.writer.try_send(Input { number, document, epoch }).ok()?;
        self.next = (number + 1) % INPUTS_MAX;
        Some(number)
    }
}

fn write(directory: &Path, input: &Input, owned: Owned) -> io::Result<()> {
    let mut root = input.document.root().clone();
    root.set("execution-date", input.epoch.to_string());
    let mut encoder = BzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(quorate_core::xml::write_pretty(&root).as_bytes())?;
    // Who reads meets a whole one, or none.
    let put = |name: String, bytes: &[u8]| replace_owned(&directory.join(name), bytes, owned).map_err(io::Error::other);
    put(format!("pe-input-{}.bz2", input.number), &encoder.finish()?)?;
    put("pe-input.last".into(), format!("{}\n", (input.number + 1) % INPUTS_MAX).as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn numbers_go_on_after_a_restart_and_inputs_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        for expected in 0..3 {
            let mut series = Series::open(directory.path().to_path_buf(), |error| panic!("{error}")).unwrap();
            assert_eq!(series.keep(Document::empty(), 7), Some(expected));
            let last = directory.path().join("pe-input.last");
            let written = || std::fs::read_to_string(&last).unwrap_or_default() == format!("{}\n", expected + 1);
            let began = std::time::Instant::now();
            while !written() {
                assert!(began.elapsed().as_secs() < 10, "the input is never written");
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        let bytes = std::fs::read(directory.path().join("pe-input-2.bz2")).unwrap();
        let mut text = String::new();
        bzip2::read::BzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        assert!(text.contains("execution-date=\"7\""), "{text}");
    }
}
