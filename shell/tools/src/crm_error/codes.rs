//! What functions of Pacemaker's libraries return, and what the numbers of the system mean: by number, name, words.
//!
//! Absent: exit codes (see the core's `exit`).

use nix::errno::Errno;

/// A number, its name, and what it means.
pub type Row = (i32, String, String);

/// `pcmk_rc_*`
const RETURNED: &[(i32, &str, &str)] = &[
    (-1043, "pcmk_rc_digest_mismatch", "Digest does not match expected value"),
    (-1042, "pcmk_rc_cs_internal", "Internal corosync error"),
    (-1041, "pcmk_rc_ipc_more", "More IPC message fragments to send"),
    (-1040, "pcmk_rc_no_dc", "DC is not yet elected"),
    (-1039, "pcmk_rc_compression", "Compression/decompression error"),
    (-1038, "pcmk_rc_ns_resolution", "Nameserver resolution error"),
    (-1037, "pcmk_rc_no_transaction", "No active transaction found"),
    (-1036, "pcmk_rc_bad_xml_patch", "Bad XML patch format"),
    (-1035, "pcmk_rc_bad_input", "Bad input value provided"),
    (-1034, "pcmk_rc_disabled", "Disabled"),
    (-1033, "pcmk_rc_duplicate_id", "Two or more XML elements have the same ID"),
    (-1032, "pcmk_rc_unpack_error", "Unable to parse CIB XML"),
    (-1031, "pcmk_rc_invalid_transition", "Cluster simulation produced invalid transition"),
    (-1030, "pcmk_rc_graph_error", "Error writing graph file"),
    (-1029, "pcmk_rc_dot_error", "Error writing dot(1) file"),
    (-1028, "pcmk_rc_underflow", "Value too small to be stored in data type"),
    (-1027, "pcmk_rc_no_input", "Input file not available"),
    (-1026, "pcmk_rc_no_output", "Output message produced no output"),
    (-1025, "pcmk_rc_after_range", "Result occurs after given range"),
    (-1024, "pcmk_rc_within_range", "Result occurs within given range"),
    (-1023, "pcmk_rc_before_range", "Result occurs before given range"),
    (-1022, "pcmk_rc_undetermined", "Result undetermined"),
    (-1021, "pcmk_rc_op_unsatisfied", "Not applicable under current conditions"),
    (-1020, "pcmk_rc_ipc_pid_only", "IPC server process is active but not accepting connections"),
    (-1019, "pcmk_rc_ipc_unresponsive", "IPC server is unresponsive"),
    (-1018, "pcmk_rc_ipc_unauthorized", "IPC server is blocked by unauthorized process"),
    (-1017, "pcmk_rc_no_quorum", "Operation requires quorum"),
    (-1016, "pcmk_rc_schema_validation", "Update does not conform to the configured schema"),
    (-1015, "pcmk_rc_schema_unchanged", "Schema is already the latest available"),
    (-1014, "pcmk_rc_transform_failed", "Schema transform failed"),
    (-1013, "pcmk_rc_old_data", "Update was older than existing configuration"),
    (-1012, "pcmk_rc_diff_failed", "Application of update diff failed"),
    (-1011, "pcmk_rc_diff_resync", "Application of update diff failed, requesting full refresh"),
    (-1010, "pcmk_rc_cib_modified", "On-disk configuration was manually modified"),
    (-1009, "pcmk_rc_cib_backup", "Could not archive previous configuration"),
    (-1008, "pcmk_rc_cib_save", "Could not save new configuration to disk"),
    (-1007, "pcmk_rc_cib_corrupt", "Could not parse on-disk configuration"),
    (-1006, "pcmk_rc_multiple", "Resource active on multiple nodes"),
    (-1005, "pcmk_rc_node_unknown", "Node not found"),
    (-1004, "pcmk_rc_already", "Already in requested state"),
    (-1003, "pcmk_rc_bad_nvpair", "Bad name/value pair given"),
    (-1002, "pcmk_rc_unknown_format", "Unknown output format"),
    (-1001, "pcmk_rc_error", "Error"),
    (0, "pcmk_rc_ok", "OK"),
];

/// `pcmk_err_*`, as older functions return it.
const LEGACY: &[(i32, &str, &str)] = &[
    (201, "pcmk_err_generic", "Error"),
    (202, "pcmk_err_no_quorum", "Operation requires quorum"),
    (203, "pcmk_err_schema_validation", "Update does not conform to the configured schema"),
    (204, "pcmk_err_transform_failed", "Schema transform failed"),
    (205, "pcmk_err_old_data", "Update was older than existing configuration"),
    (206, "pcmk_err_diff_failed", "Application of update diff failed"),
    (207, "pcmk_err_diff_resync", "Application of update diff failed, requesting full refresh"),
    (208, "pcmk_err_cib_modified", "On-disk configuration was manually modified"),
    (209, "pcmk_err_cib_backup", "Could not archive previous configuration"),
    (210, "pcmk_err_cib_save", "Could not save new configuration to disk"),
    (211, "pcmk_err_schema_unchanged", "Schema is already the latest available"),
    (212, "pcmk_err_cib_corrupt", "Could not parse on-disk configuration"),
    (213, "pcmk_err_multiple", "Resource active on multiple nodes"),
    (214, "pcmk_err_node_unknown", "Node not found"),
    (215, "pcmk_err_already", "Already in requested state"),
    (216, "pcmk_err_bad_nvpair", "Bad name/value pair given"),
    (217, "pcmk_err_unknown_format", "Unknown output format"),
];

/// Numbers of the system are looked at up to here.
const SYSTEM_MAX: i32 = 200;

/// All return codes, in their order.
pub fn returned() -> Vec<Row> {
    let own = RETURNED.iter().map(owned);
    own.chain((1..=SYSTEM_MAX).filter_map(of_system)).collect()
}

/// All codes of older functions, in their order.
pub fn legacy() -> Vec<Row> {
    let ok = std::iter::once((0, "pcmk_rc_ok".to_string(), "OK".to_string()));
    ok.chain((1..=SYSTEM_MAX).filter_map(of_system)).chain(LEGACY.iter().map(owned)).collect()
}

fn owned((code, name, words): &(i32, &str, &str)) -> Row {
    (*code, (*name).to_string(), (*words).to_string())
}

fn of_system(code: i32) -> Option<Row> {
    let errno = Errno::from_raw(code);
    (errno != Errno::UnknownErrno).then(|| (code, format!("{errno:?}"), words(code)))
}

/// As the C library says it.
fn words(code: i32) -> String {
    let text = std::io::Error::from_raw_os_error(code).to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}
