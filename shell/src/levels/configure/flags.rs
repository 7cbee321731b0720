//! Flags of several verbs of `configure`.

use crate::command::Flag;

pub(super) const TRUE: Flag =
    Flag { name: "--true", short: "-t", help: "print true or false, and false if it is not set" };
pub(super) const IDS: Flag =
    Flag { name: "--ids", short: "", help: "with every id, so that loading it gives the very same XML" };
pub(super) const XML: Flag = Flag { name: "--xml", short: "", help: "as the patch in XML" };
