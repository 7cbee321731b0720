//! Keeps what the scheduler was given, so that every decision can be replayed.
//!
//! `pe-input-N.bz2` in the inputs directory, N from 0 to the limit and round again, the next
//! number in `pe-input.last`: `crm_simulate -x` reads them. A failure is a note: decisions do not
//! wait for a disk.

use bzip2::Compression;
use bzip2::write::BzEncoder;
use quorate_core::cib::Document;
use std::io::{self, Write};
use std::path::Path;

/// How many inputs are kept (`pe-input-series-max`).
pub const INPUTS_MAX: u32 = 4000;

/// Saves one input and returns its number.
pub fn save(directory: &Path, document: &Document, epoch: i64) -> io::Result<u32> {
    std::fs::create_dir_all(directory)?;
    let last = directory.join("pe-input.last");
    let number = std::fs::read_to_string(&last).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let mut root = document.root().clone();
    root.set("execution-date", epoch.to_string());
    let mut encoder = BzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(quorate_core::xml::write_pretty(&root).as_bytes())?;
    let bytes = encoder.finish()?;
    let path = directory.join(format!("pe-input-{number}.bz2"));
    std::fs::write(&path, bytes)?;
    std::fs::write(&last, format!("{}\n", (number + 1) % INPUTS_MAX))?;
    Ok(number)
}
