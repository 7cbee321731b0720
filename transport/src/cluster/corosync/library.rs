//! Corosync's client libraries, loaded when they are wanted: the same program runs where they are not.
//!
//! In: names of a group and of keys, bytes. Out: what Corosync says, as values, in its order.
//! The only file of the crate with `unsafe`: declarations are those of corosync's headers (`cpg.h`,
//! `quorum.h`, `cfg.h`, `cmap.h`, 3.1), held together with a `Session` that one thread uses.
#![allow(unsafe_code)]

use super::heard::{Heard, RingId};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use quorate_core::membership::{Link, Member};
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// Sonames, of the versions with these declarations.
const CPG: &[&str] = &["libcpg.so.4"];
const QUORUM: &[&str] = &["libquorum.so.5"];
const CFG: &[&str] = &["libcfg.so.7"];
const CMAP: &[&str] = &["libcmap.so.4"];

const OK: c_int = 1;
const TRY_AGAIN: c_int = 6;
const EXISTS: c_int = 14;
const DISPATCH_ALL: c_int = 2;
const MODEL_V1: c_int = 1;
const INITIAL_RING: c_uint = 1;
const AGREED: c_int = 2;
const TRACK_CURRENT_AND_CHANGES: c_uint = 3;
const STOP_ON_REQUEST: c_uint = 0;
const NODE_STATUS_V1: c_int = 1;
const LINKS_MAX: usize = 8;
const HOST_BYTES: usize = 256;
const NODE_DOWN: u32 = 3;
const NODE_UP: u32 = 4;
const UINT8: c_int = 2;
const UINT16: c_int = 4;
const UINT32: c_int = 6;
const NAME_BYTES: usize = 128;
const KEY_BYTES: usize = 255;

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    #[error("corosync's library {library} is not installed: {reason}")]
    Missing { library: &'static str, reason: String },
    #[error("corosync's library {library} lacks {symbol}")]
    Foreign { library: &'static str, symbol: &'static str },
    /// A call failed; code 2 is a daemon that does not run.
    #[error("corosync does not answer ({call} says {code})")]
    Refused { call: &'static str, code: c_int },
}

#[repr(C)]
struct Name {
    length: u32,
    value: [u8; NAME_BYTES],
}

#[repr(C)]
struct Address {
    node: u32,
    process: u32,
    reason: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Ring {
    node: u32,
    sequence: u64,
}

type Deliver = extern "C" fn(u64, *const Name, u32, u32, *mut c_void, usize);
type Change = extern "C" fn(u64, *const Name, *const Address, usize, *const Address, usize, *const Address, usize);
type RingChange = extern "C" fn(u64, Ring, u32, *const u32);
type QuorumChange = extern "C" fn(u64, u32, Ring, u32, *const u32);
type NodesChange = extern "C" fn(u64, Ring, u32, *const u32, u32, *const u32, u32, *const u32);

type Stop = extern "C" fn(u64, c_uint);

#[repr(C)]
struct CpgModel {
    model: c_int,
    deliver: Deliver,
    change: Change,
    ring_change: RingChange,
    flags: c_uint,
}

#[repr(C)]
struct QuorumModel {
    model: c_int,
    quorum_change: QuorumChange,
    nodes_change: NodesChange,
}

#[repr(C)]
struct CfgCallbacks {
    stop: Stop,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct LinkStatus {
    enabled: u8,
    connected: u8,
    _dynamically_connected: u8,
    _mtu: c_uint,
    source: [u8; HOST_BYTES],
    destination: [u8; HOST_BYTES],
}

#[repr(C)]
struct NodeLinks {
    version: c_int,
    node: c_uint,
    reachable: u8,
    _remote: u8,
    _external: u8,
    _on_wire: [u8; 3],
    links: [LinkStatus; LINKS_MAX],
}

thread_local! {
    /// What the callbacks of a dispatch were told: they run within it, on its thread.
    static HEARD: RefCell<Vec<Heard>> = const { RefCell::new(Vec::new()) };
}

fn hear(heard: Heard) {
    HEARD.with(|all| all.borrow_mut().push(heard));
}

/// The elements of a C array, which may be absent if it is empty.
fn list<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if first.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: Corosync passes arrays of `count` elements that live as long as the callback runs.
    unsafe { std::slice::from_raw_parts(first, count) }
}

extern "C" fn deliver(_: u64, _: *const Name, node: u32, _: u32, bytes: *mut c_void, length: usize) {
    hear(Heard::Message { from: node, bytes: list(bytes.cast_const().cast::<u8>(), length).to_vec() });
}

extern "C" fn change(
    _: u64,
    _: *const Name,
    members: *const Address,
    count: usize,
    left: *const Address,
    left_count: usize,
    joined: *const Address,
    joined_count: usize,
) {
    let with_host = |one: &Address| one.reason == NODE_DOWN || one.reason == NODE_UP;
    let with_hosts = list(left, left_count).iter().chain(list(joined, joined_count)).any(with_host);
    let mut members: Vec<(u32, u32)> = list(members, count).iter().map(|one| (one.node, one.process)).collect();
    members.sort_unstable();
    hear(Heard::Members { members, with_hosts });
}

extern "C" fn ring_change(_: u64, ring: Ring, count: u32, nodes: *const u32) {
    let mut nodes = list(nodes, count as usize).to_vec();
    nodes.sort_unstable();
    hear(Heard::Ring { id: RingId { node: ring.node, sequence: ring.sequence }, nodes });
}

extern "C" fn quorum_change(_: u64, quorate: u32, ring: Ring, _: u32, _: *const u32) {
    hear(Heard::Quorum { ring: RingId { node: ring.node, sequence: ring.sequence }, quorate: quorate != 0 });
}

extern "C" fn nodes_change(_: u64, _: Ring, _: u32, _: *const u32, _: u32, _: *const u32, _: u32, _: *const u32) {}

extern "C" fn stop(_: u64, flags: c_uint) {
    hear(Heard::Stop { is_request: flags == STOP_ON_REQUEST });
}

/// One of the libraries.
struct Library {
    name: &'static str,
    library: libloading::Library,
}

impl Library {
    fn open(names: &'static [&'static str]) -> Result<Library, SessionError> {
        let mut reason = String::new();
        for name in names {
            // SAFETY: the initialisers of corosync's client libraries do nothing but set up their own tables.
            match unsafe { libloading::Library::new(*name) } {
                Ok(library) => return Ok(Library { name, library }),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(SessionError::Missing { library: names[0], reason })
    }

    /// # Safety
    /// `F` must be the type of the function in the header.
    unsafe fn function<F: Copy>(&self, symbol: &'static str) -> Result<F, SessionError> {
        // SAFETY: the caller vouches for the type.
        let found = unsafe { self.library.get::<F>(symbol.as_bytes()) };
        found.map(|found| *found).map_err(|_| SessionError::Foreign { library: self.name, symbol })
    }
}

type Handle = u64;

/// The functions that are used, with the libraries that hold them.
struct Functions {
    cpg_dispatch: unsafe extern "C" fn(Handle, c_int) -> c_int,
    cpg_join: unsafe extern "C" fn(Handle, *const Name) -> c_int,
    cpg_leave: unsafe extern "C" fn(Handle, *const Name) -> c_int,
    cpg_finalize: unsafe extern "C" fn(Handle) -> c_int,
    cpg_multicast: unsafe extern "C" fn(Handle, c_int, *const libc::iovec, c_uint) -> c_int,
    quorum_dispatch: unsafe extern "C" fn(Handle, c_int) -> c_int,
    quorum_finalize: unsafe extern "C" fn(Handle) -> c_int,
    cfg_dispatch: unsafe extern "C" fn(Handle, c_int) -> c_int,
    cfg_reply: unsafe extern "C" fn(Handle, c_uint) -> c_int,
    cfg_finalize: unsafe extern "C" fn(Handle) -> c_int,
    _libraries: [Library; 3],
}

/// A connection to the Corosync of this host: member of one group, told of its quorum.
///
/// Not for several threads: what callbacks hear belongs to the thread that dispatches.
pub struct Session {
    functions: Functions,
    cpg: Handle,
    quorum: Handle,
    cfg: Handle,
    group: Name,
    local: u32,
    descriptors: [RawFd; 3],
}

fn checked(call: &'static str, code: c_int) -> Result<(), SessionError> {
    if code == OK { Ok(()) } else { Err(SessionError::Refused { call, code }) }
}

impl Session {
    /// Connects and asks for quorum. The group is joined by [`Session::join`].
    ///
    /// # Errors
    /// A library is missing or of another version, or Corosync does not run here.
    pub fn open(group: &str) -> Result<Session, SessionError> {
        let (cpg, quorum, cfg) = (Library::open(CPG)?, Library::open(QUORUM)?, Library::open(CFG)?);
        // SAFETY: the types are those of `cpg.h`, `quorum.h` and `cfg.h`; structures passed live through the calls, and
        // the libraries copy what they keep.
        unsafe {
            type Initialize = unsafe extern "C" fn(*mut Handle, c_int, *const CpgModel, *mut c_void) -> c_int;
            type QuorumInitialize =
                unsafe extern "C" fn(*mut Handle, c_int, *const QuorumModel, *mut u32, *mut c_void) -> c_int;
            let initialize: Initialize = cpg.function("cpg_model_initialize")?;
            let descriptor_of: unsafe extern "C" fn(Handle, *mut c_int) -> c_int = cpg.function("cpg_fd_get")?;
            let local_of: unsafe extern "C" fn(Handle, *mut c_uint) -> c_int = cpg.function("cpg_local_get")?;
            let quorum_initialize: QuorumInitialize = quorum.function("quorum_model_initialize")?;
            let quorum_descriptor: unsafe extern "C" fn(Handle, *mut c_int) -> c_int =
                quorum.function("quorum_fd_get")?;
            let track: unsafe extern "C" fn(Handle, c_uint) -> c_int = quorum.function("quorum_trackstart")?;
            type CfgInitialize = unsafe extern "C" fn(*mut Handle, *const CfgCallbacks) -> c_int;
            let cfg_initialize: CfgInitialize = cfg.function("corosync_cfg_initialize")?;
            let cfg_descriptor: unsafe extern "C" fn(Handle, *mut c_int) -> c_int =
                cfg.function("corosync_cfg_fd_get")?;
            let cfg_track: unsafe extern "C" fn(Handle, u8) -> c_int = cfg.function("corosync_cfg_trackstart")?;
            let functions = Functions {
                cpg_dispatch: cpg.function("cpg_dispatch")?,
                cpg_join: cpg.function("cpg_join")?,
                cpg_leave: cpg.function("cpg_leave")?,
                cpg_finalize: cpg.function("cpg_finalize")?,
                cpg_multicast: cpg.function("cpg_mcast_joined")?,
                quorum_dispatch: quorum.function("quorum_dispatch")?,
                quorum_finalize: quorum.function("quorum_finalize")?,
                cfg_dispatch: cfg.function("corosync_cfg_dispatch")?,
                cfg_reply: cfg.function("corosync_cfg_replyto_shutdown")?,
                cfg_finalize: cfg.function("corosync_cfg_finalize")?,
                _libraries: [cpg, quorum, cfg],
            };
            let model = CpgModel { model: MODEL_V1, deliver, change, ring_change, flags: INITIAL_RING };
            let (group, descriptors) = (name(group), [-1; 3]);
            let mut session = Session { functions, cpg: 0, quorum: 0, cfg: 0, group, local: 0, descriptors };
            checked("cpg_model_initialize", initialize(&mut session.cpg, MODEL_V1, &model, ptr::null_mut()))?;
            checked("cpg_fd_get", descriptor_of(session.cpg, &mut session.descriptors[0]))?;
            checked("cpg_local_get", local_of(session.cpg, &mut session.local))?;
            let model = QuorumModel { model: MODEL_V1, quorum_change, nodes_change };
            let mut kind = 0;
            let code = quorum_initialize(&mut session.quorum, MODEL_V1, &model, &mut kind, ptr::null_mut());
            checked("quorum_model_initialize", code)?;
            checked("quorum_fd_get", quorum_descriptor(session.quorum, &mut session.descriptors[1]))?;
            checked("quorum_trackstart", track(session.quorum, TRACK_CURRENT_AND_CHANGES))?;
            checked("cfg_initialize", cfg_initialize(&mut session.cfg, &CfgCallbacks { stop }))?;
            checked("cfg_fd_get", cfg_descriptor(session.cfg, &mut session.descriptors[2]))?;
            checked("cfg_trackstart", cfg_track(session.cfg, 0))?;
            Ok(session)
        }
    }

    /// This node's id.
    pub fn local(&self) -> u32 {
        self.local
    }

    /// Waits until there is something to hear, the other can be read, or so much time has passed.
    pub fn wait(&self, other: BorrowedFd<'_>, timeout: Duration) {
        let mut watched = vec![PollFd::new(other, PollFlags::POLLIN)];
        for descriptor in self.descriptors {
            // SAFETY: the libraries keep their descriptors open as long as this session.
            watched.push(PollFd::new(unsafe { BorrowedFd::borrow_raw(descriptor) }, PollFlags::POLLIN));
        }
        let _ = poll(&mut watched, PollTimeout::try_from(timeout).unwrap_or(PollTimeout::ZERO));
    }

    /// Becomes a member of the group; what is heard begins with its members. `false`: not now, try again.
    /// Once in a session only: Corosync keeps one that has left by its process and refuses it.
    ///
    /// # Errors
    /// Corosync has gone, or refuses.
    pub fn join(&self) -> Result<bool, SessionError> {
        // SAFETY: the name lives through the call.
        match unsafe { (self.functions.cpg_join)(self.cpg, &self.group) } {
            // This process' former session is not forgotten yet.
            EXISTS => Ok(false),
            code => taken("cpg_join", code),
        }
    }

    /// Ends to be a member of the group. `false`: not now, try again.
    ///
    /// # Errors
    /// Corosync has gone, or refuses.
    pub fn leave(&self) -> Result<bool, SessionError> {
        // SAFETY: the name lives through the call.
        taken("cpg_leave", unsafe { (self.functions.cpg_leave)(self.cpg, &self.group) })
    }

    /// Sends to all members of the group, this one included. `false`: not now, try again when
    /// something was heard or some time has passed (flow control).
    ///
    /// # Errors
    /// Corosync has gone, or refuses.
    pub fn multicast(&self, bytes: &[u8]) -> Result<bool, SessionError> {
        let piece = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // SAFETY: the bytes live through the call and are only read.
        taken("cpg_mcast_joined", unsafe { (self.functions.cpg_multicast)(self.cpg, AGREED, &piece, 1) })
    }

    /// Answers to [`Heard::Stop`]. One that was told regardless of the answer waits for it, some seconds.
    ///
    /// # Errors
    /// Corosync has gone, or is no longer asked to stop.
    pub fn reply_to_stop(&self, yes: bool) -> Result<(), SessionError> {
        // SAFETY: two numbers.
        checked("cfg_replyto_shutdown", unsafe { (self.functions.cfg_reply)(self.cfg, yes.into()) })
    }

    /// Everything that there is to hear now.
    ///
    /// # Errors
    /// Corosync has gone.
    pub fn dispatch(&self) -> Result<Vec<Heard>, SessionError> {
        // SAFETY: the callbacks only push to this thread's list.
        let codes = unsafe {
            [
                ("cpg_dispatch", (self.functions.cpg_dispatch)(self.cpg, DISPATCH_ALL)),
                ("quorum_dispatch", (self.functions.quorum_dispatch)(self.quorum, DISPATCH_ALL)),
                ("cfg_dispatch", (self.functions.cfg_dispatch)(self.cfg, DISPATCH_ALL)),
            ]
        };
        for (call, code) in codes {
            taken(call, code)?;
        }
        Ok(HEARD.with(RefCell::take))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: handles that were given; one that was not is 0, which the libraries refuse.
        unsafe {
            (self.functions.cpg_finalize)(self.cpg);
            (self.functions.quorum_finalize)(self.quorum);
            (self.functions.cfg_finalize)(self.cfg);
        }
    }
}

fn taken(call: &'static str, code: c_int) -> Result<bool, SessionError> {
    match code {
        TRY_AGAIN => Ok(false),
        code => checked(call, code).map(|()| true),
    }
}

/// A group's name as Pacemaker's programs give theirs: with the zero that ends it.
fn name(text: &str) -> Name {
    let mut value = [0; NAME_BYTES];
    let length = text.len().min(NAME_BYTES - 1);
    value[..length].copy_from_slice(&text.as_bytes()[..length]);
    Name { length: length as u32 + 1, value }
}

/// Corosync's map of its configuration and state.
pub struct Map {
    library: Library,
    handle: Handle,
}

impl Map {
    /// # Errors
    /// The library is missing or of another version, or Corosync does not run here.
    pub fn open() -> Result<Map, SessionError> {
        let library = Library::open(CMAP)?;
        let mut handle = 0;
        // SAFETY: the type is that of `cmap.h`.
        let code = unsafe {
            let initialize: unsafe extern "C" fn(*mut Handle) -> c_int = library.function("cmap_initialize")?;
            initialize(&mut handle)
        };
        checked("cmap_initialize", code)?;
        Ok(Map { library, handle })
    }

    /// A text, if the key is there and holds one.
    pub fn text(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        let mut value: *mut c_char = ptr::null_mut();
        // SAFETY: the type is that of `cmap.h`; on success the text is ours, allocated by malloc.
        unsafe {
            type Get = unsafe extern "C" fn(Handle, *const c_char, *mut *mut c_char) -> c_int;
            let get: Get = self.library.function("cmap_get_string").ok()?;
            if get(self.handle, key.as_ptr(), &mut value) != OK || value.is_null() {
                return None;
            }
            let text = CStr::from_ptr(value).to_string_lossy().into_owned();
            libc::free(value.cast());
            Some(text)
        }
    }

    /// A number, if the key is there and holds one of at most 32 bits without a sign.
    pub fn number(&self, key: &str) -> Option<u32> {
        let key = CString::new(key).ok()?;
        let (mut bytes, mut length, mut kind) = ([0_u8; 4], 4, 0);
        // SAFETY: the type is that of `cmap.h`; no more than `length` bytes are written.
        let code = unsafe {
            type Get = unsafe extern "C" fn(Handle, *const c_char, *mut c_void, *mut usize, *mut c_int) -> c_int;
            let get: Get = self.library.function("cmap_get").ok()?;
            get(self.handle, key.as_ptr(), bytes.as_mut_ptr().cast(), &mut length, &mut kind)
        };
        match (code, kind) {
            (OK, UINT8) => Some(bytes[0].into()),
            (OK, UINT16) => Some(u16::from_ne_bytes([bytes[0], bytes[1]]).into()),
            (OK, UINT32) => Some(u32::from_ne_bytes(bytes)),
            _ => None,
        }
    }

    /// All keys that begin so.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        self.try_keys(prefix).unwrap_or_default()
    }

    fn try_keys(&self, prefix: &str) -> Option<Vec<String>> {
        let prefix = CString::new(prefix).ok()?;
        let mut keys = Vec::new();
        // SAFETY: the types are those of `cmap.h`; a key has at most 255 bytes and its zero.
        unsafe {
            type Begin = unsafe extern "C" fn(Handle, *const c_char, *mut u64) -> c_int;
            type Next = unsafe extern "C" fn(Handle, u64, *mut c_char, *mut usize, *mut c_int) -> c_int;
            let begin: Begin = self.library.function("cmap_iter_init").ok()?;
            let next: Next = self.library.function("cmap_iter_next").ok()?;
            let end: unsafe extern "C" fn(Handle, u64) -> c_int = self.library.function("cmap_iter_finalize").ok()?;
            let mut place = 0;
            if begin(self.handle, prefix.as_ptr(), &mut place) != OK {
                return None;
            }
            let mut key: [c_char; KEY_BYTES + 1] = [0; KEY_BYTES + 1];
            while next(self.handle, place, key.as_mut_ptr(), ptr::null_mut(), ptr::null_mut()) == OK {
                keys.push(CStr::from_ptr(key.as_ptr()).to_string_lossy().into_owned());
            }
            end(self.handle, place);
        }
        Some(keys)
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the type is that of `cmap.h`, the handle was given.
        unsafe {
            if let Ok(finalize) = self.library.function::<unsafe extern "C" fn(Handle) -> c_int>("cmap_finalize") {
                finalize(self.handle);
            }
        }
    }
}

/// What Corosync knows of the ways to its nodes, asked node by node.
pub struct Links {
    library: Library,
    handle: Handle,
}

extern "C" fn stop_unheard(_: u64, _: c_uint) {}

impl Links {
    /// # Errors
    /// The library is missing or of another version, or Corosync does not run here.
    pub fn open() -> Result<Links, SessionError> {
        let library = Library::open(CFG)?;
        let mut handle = 0;
        // SAFETY: the type is that of `cfg.h`; the callbacks are copied.
        let code = unsafe {
            type Initialize = unsafe extern "C" fn(*mut Handle, *const CfgCallbacks) -> c_int;
            let initialize: Initialize = library.function("corosync_cfg_initialize")?;
            initialize(&mut handle, &CfgCallbacks { stop: stop_unheard })
        };
        checked("cfg_initialize", code)?;
        Ok(Links { library, handle })
    }

    /// The configured links from this node to another, in the order of their numbers.
    ///
    /// # Errors
    /// Corosync has gone, or is too old to say.
    pub fn to(&self, node: &Member) -> Result<Vec<Link>, SessionError> {
        let unknown = LinkStatus {
            enabled: 0,
            connected: 0,
            _dynamically_connected: 0,
            _mtu: 0,
            source: [0; HOST_BYTES],
            destination: [0; HOST_BYTES],
        };
        let mut status = NodeLinks {
            version: NODE_STATUS_V1,
            node: node.id,
            reachable: 0,
            _remote: 0,
            _external: 0,
            _on_wire: [0; 3],
            links: [unknown; LINKS_MAX],
        };
        // SAFETY: the type is that of `cfg.h`, the structure that of its version 1.
        let code = unsafe {
            type Get = unsafe extern "C" fn(Handle, c_uint, c_int, *mut NodeLinks) -> c_int;
            let get: Get = self.library.function("corosync_cfg_node_status_get")?;
            get(self.handle, node.id, NODE_STATUS_V1, &mut status)
        };
        checked("cfg_node_status_get", code)?;
        let numbered = status.links.iter().enumerate().filter(|(_, link)| link.enabled != 0);
        let link = |(number, link): (usize, &LinkStatus)| Link {
            node: node.clone(),
            number,
            local_address: text_of(&link.source),
            address: text_of(&link.destination),
            is_connected: link.connected != 0,
        };
        Ok(numbered.map(link).collect())
    }
}

fn text_of(bytes: &[u8]) -> String {
    CStr::from_bytes_until_nul(bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Drop for Links {
    fn drop(&mut self) {
        // SAFETY: the type is that of `cfg.h`, the handle was given.
        unsafe {
            if let Ok(end) = self.library.function::<unsafe extern "C" fn(Handle) -> c_int>("corosync_cfg_finalize") {
                end(self.handle);
            }
        }
    }
}
