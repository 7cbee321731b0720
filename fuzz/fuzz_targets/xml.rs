//! Any bytes are a document or an error; a document written is read again as the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quorate_core::xml::{read, read_bytes, write, write_pretty};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(root) = read_bytes(bytes) {
        assert_eq!(read(&write(&root)).as_ref(), Ok(&root));
        // Printing with indents is for elements; text with other children is left as it is.
        assert!(read(&write_pretty(&root)).is_ok());
    }
});
