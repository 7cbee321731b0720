//! Exit codes: of agents (OCF), and of Pacemaker's programs (`crm_exit_t`), with their names and words.
//!
//! Absent: which failure gives which code; that is chosen where the failure is known.

/// `OCF_SUCCESS`.
pub const OK: i32 = 0;
/// `OCF_ERR_GENERIC`.
pub const ERROR: i32 = 1;
/// `OCF_ERR_ARGS`.
pub const INVALID_PARAMETER: i32 = 2;
/// `OCF_ERR_UNIMPLEMENTED`.
pub const UNIMPLEMENTED: i32 = 3;
/// `OCF_ERR_PERM`.
pub const INSUFFICIENT_PRIVILEGES: i32 = 4;
/// `OCF_ERR_INSTALLED`.
pub const NOT_INSTALLED: i32 = 5;
/// `OCF_ERR_CONFIGURED`.
pub const NOT_CONFIGURED: i32 = 6;
/// `OCF_NOT_RUNNING`.
pub const NOT_RUNNING: i32 = 7;
/// `OCF_RUNNING_PROMOTED`.
pub const PROMOTED: i32 = 8;
/// `OCF_FAILED_PROMOTED`.
pub const FAILED_PROMOTED: i32 = 9;
/// `OCF_DEGRADED`.
pub const DEGRADED: i32 = 190;
/// `OCF_DEGRADED_PROMOTED`.
pub const DEGRADED_PROMOTED: i32 = 191;
/// Of an operation that has not ended.
pub const NONE: i32 = 193;
/// The most that a program can end with.
pub const MAX: i32 = 255;

/// How one of Pacemaker's programs ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// `CRM_EX_OK`.
    pub const OK: Exit = Exit(0);
    /// `CRM_EX_ERROR`.
    pub const ERROR: Exit = Exit(1);
    /// `CRM_EX_INVALID_PARAM`.
    pub const INVALID_PARAMETER: Exit = Exit(2);
    /// `CRM_EX_UNIMPLEMENT_FEATURE`.
    pub const UNIMPLEMENTED: Exit = Exit(3);
    /// `CRM_EX_INSUFFICIENT_PRIV`.
    pub const NOT_PERMITTED: Exit = Exit(4);
    /// What would do it is not installed.
    pub const NOT_INSTALLED: Exit = Exit(5);
    /// `CRM_EX_NOT_CONFIGURED`.
    pub const NOT_CONFIGURED: Exit = Exit(6);
    /// `CRM_EX_USAGE`.
    pub const USAGE: Exit = Exit(64);
    /// `CRM_EX_DATAERR`.
    pub const DATA_ERROR: Exit = Exit(65);
    /// `CRM_EX_NOINPUT`.
    pub const NO_INPUT: Exit = Exit(66);
    /// `CRM_EX_NOHOST`.
    pub const NO_HOST: Exit = Exit(68);
    /// `CRM_EX_UNAVAILABLE`.
    pub const UNAVAILABLE: Exit = Exit(69);
    /// `CRM_EX_SOFTWARE`.
    pub const SOFTWARE: Exit = Exit(70);
    /// `CRM_EX_OSFILE`.
    pub const OS_FILE: Exit = Exit(72);
    /// `CRM_EX_CANTCREAT`.
    pub const CANNOT_CREATE: Exit = Exit(73);
    /// `CRM_EX_IOERR`.
    pub const IO_ERROR: Exit = Exit(74);
    /// `CRM_EX_CONFIG`.
    pub const CONFIG: Exit = Exit(78);
    /// `CRM_EX_FATAL`.
    pub const FATAL: Exit = Exit(100);
    /// `CRM_EX_DISCONNECT`.
    pub const DISCONNECT: Exit = Exit(102);
    /// `CRM_EX_OLD`.
    pub const OLD: Exit = Exit(103);
    /// `CRM_EX_DIGEST`.
    pub const DIGEST: Exit = Exit(104);
    /// `CRM_EX_NOSUCH`.
    pub const NO_SUCH: Exit = Exit(105);
    /// `CRM_EX_QUORUM`.
    pub const QUORUM: Exit = Exit(106);
    /// `CRM_EX_UNSAFE`.
    pub const UNSAFE: Exit = Exit(107);
    /// `CRM_EX_EXISTS`.
    pub const EXISTS: Exit = Exit(108);
    /// `CRM_EX_MULTIPLE`.
    pub const MULTIPLE: Exit = Exit(109);
    /// `CRM_EX_EXPIRED`.
    pub const EXPIRED: Exit = Exit(110);
    /// `CRM_EX_NOT_YET_IN_EFFECT`.
    pub const NOT_YET_IN_EFFECT: Exit = Exit(111);
    /// `CRM_EX_UNSATISFIED`.
    pub const UNSATISFIED: Exit = Exit(113);
    /// `CRM_EX_TIMEOUT`.
    pub const TIMEOUT: Exit = Exit(124);

    /// As Pacemaker's tools say it.
    pub fn words(self) -> &'static str {
        text(self.0.into())
    }
}

/// Codes, their names, and what status displays and programs say of them.
const CODES: &[(i32, &str, &str)] = &[
    (0, "CRM_EX_OK", "OK"),
    (1, "CRM_EX_ERROR", "Error occurred"),
    (2, "CRM_EX_INVALID_PARAM", "Invalid parameter"),
    (3, "CRM_EX_UNIMPLEMENT_FEATURE", "Unimplemented"),
    (4, "CRM_EX_INSUFFICIENT_PRIV", "Insufficient privileges"),
    (5, "CRM_EX_NOT_INSTALLED", "Not installed"),
    (6, "CRM_EX_NOT_CONFIGURED", "Not configured"),
    (7, "CRM_EX_NOT_RUNNING", "Not running"),
    (8, "CRM_EX_PROMOTED", "Promoted"),
    (9, "CRM_EX_FAILED_PROMOTED", "Failed in promoted role"),
    (64, "CRM_EX_USAGE", "Incorrect usage"),
    (65, "CRM_EX_DATAERR", "Invalid data given"),
    (66, "CRM_EX_NOINPUT", "Input file not available"),
    (67, "CRM_EX_NOUSER", "User does not exist"),
    (68, "CRM_EX_NOHOST", "Host does not exist"),
    (69, "CRM_EX_UNAVAILABLE", "Necessary service unavailable"),
    (70, "CRM_EX_SOFTWARE", "Internal software bug"),
    (71, "CRM_EX_OSERR", "Operating system error occurred"),
    (72, "CRM_EX_OSFILE", "System file not available"),
    (73, "CRM_EX_CANTCREAT", "Cannot create output file"),
    (74, "CRM_EX_IOERR", "I/O error occurred"),
    (75, "CRM_EX_TEMPFAIL", "Temporary failure, try again"),
    (76, "CRM_EX_PROTOCOL", "Protocol violated"),
    (77, "CRM_EX_NOPERM", "Insufficient privileges"),
    (78, "CRM_EX_CONFIG", "Invalid configuration"),
    (100, "CRM_EX_FATAL", "Fatal error occurred, will not respawn"),
    (101, "CRM_EX_PANIC", "System panic required"),
    (102, "CRM_EX_DISCONNECT", "Not connected"),
    (103, "CRM_EX_OLD", "Update was older than existing configuration"),
    (104, "CRM_EX_DIGEST", "Digest mismatch"),
    (105, "CRM_EX_NOSUCH", "No such object"),
    (106, "CRM_EX_QUORUM", "Quorum required"),
    (107, "CRM_EX_UNSAFE", "Operation not safe"),
    (108, "CRM_EX_EXISTS", "Requested item already exists"),
    (109, "CRM_EX_MULTIPLE", "Multiple items match request"),
    (110, "CRM_EX_EXPIRED", "Requested item has expired"),
    (111, "CRM_EX_NOT_YET_IN_EFFECT", "Requested item is not yet in effect"),
    (112, "CRM_EX_INDETERMINATE", "Could not determine status"),
    (113, "CRM_EX_UNSATISFIED", "Not applicable under current conditions"),
    (114, "CRM_EX_NO_DC", "DC is not yet elected"),
    (124, "CRM_EX_TIMEOUT", "Timeout occurred"),
    (190, "CRM_EX_DEGRADED", "Service is active but might fail soon"),
    (191, "CRM_EX_DEGRADED_PROMOTED", "Service is promoted but might fail soon"),
    (193, "CRM_EX_NONE", "No exit status available"),
    (255, "CRM_EX_MAX", "Error occurred"),
];

/// All exit codes of Pacemaker's programs, with their names and words, in their order; the bound is none.
pub fn codes() -> &'static [(i32, &'static str, &'static str)] {
    &CODES[..CODES.len() - 1]
}

/// As status displays say it.
pub fn text(code: i32) -> &'static str {
    match CODES.binary_search_by_key(&code, |row| row.0) {
        Ok(at) => CODES[at].2,
        Err(_) if (129..MAX).contains(&code) => "Interrupted by signal",
        Err(_) => "Unknown exit status",
    }
}

/// The name that Pacemaker's sources and `crm_error` have for it.
pub fn name(code: i32) -> Option<&'static str> {
    CODES.iter().find(|row| row.0 == code).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_row() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let cases =
            [(7, "Not running"), (137, "Interrupted by signal"), (20, "Unknown exit status"), (255, "Error occurred")];
        cases.iter().for_each(|(code, words)| assert_eq!(text(*code), *words, "{code}"));
        assert_eq!((name(105), name(20)), (Some("CRM_EX_NOSUCH"), None));
    }
}
