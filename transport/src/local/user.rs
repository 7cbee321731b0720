//! Accounts of this host, as far as rights depend on them.

use nix::unistd::{Gid, Group, User, getgrouplist};
use std::ffi::CString;

/// The names of the groups of a user, the first one's number given.
pub fn groups_of(gid: u32, user: &str) -> Vec<String> {
    let gid = Gid::from_raw(gid);
    let known = CString::new(user).ok().and_then(|name| getgrouplist(&name, gid).ok());
    let ids = known.unwrap_or_else(|| vec![gid]);
    ids.into_iter().filter_map(|gid| Some(Group::from_gid(gid).ok()??.name)).collect()
}

/// The names of the groups of a user of this host; none of one that it does not know.
pub fn groups_of_user(user: &str) -> Vec<String> {
    match User::from_name(user) {
        Ok(Some(known)) => groups_of(known.gid.as_raw(), user),
        _ => Vec::new(),
    }
}
