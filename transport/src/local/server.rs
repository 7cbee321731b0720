//! The daemon's side of the unix socket.
//!
//! In: replies and pushes, which never block. Out: `LocalEvent`s. Who may connect is decided by
//! the kernel's word about the peer. A client that does not read is told so and cut off.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};

use super::{ADMIN_GROUP, Access, Caller, Envelope, LOCAL_BYTES_MAX};
use crate::codec::{self, FrameReader};

/// Messages that may wait for one client: minutes of a busy cluster's changes.
const QUEUED_MESSAGES_MAX: usize = 4096;
/// Bytes that may wait for one client besides its newest message.
const QUEUED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Requests that may wait for the daemon; then clients wait.
const EVENTS_MAX: usize = 1024;
/// How long a client that is cut off may take to read why.
const FAREWELL_TIME: std::time::Duration = std::time::Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalEvent {
    Connected {
        client: ClientId,
        caller: Caller,
    },
    Request {
        client: ClientId,
        number: u64,
        bytes: Vec<u8>,
    },
    Gone {
        client: ClientId,
    },
    /// Somebody was not let in.
    Refused {
        why: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("another daemon already listens at {}", path.display())]
    InUse { path: PathBuf },
    #[error("cannot listen at {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Listens until dropped; then the socket file is removed.
pub struct Server {
    path: PathBuf,
    events: mpsc::Receiver<LocalEvent>,
    clients: Clients,
    task: tokio::task::JoinHandle<()>,
}

/// Answers clients; cheap to clone.
#[derive(Clone, Default)]
pub struct Clients(Arc<Mutex<BTreeMap<ClientId, Queue>>>);

/// What waits to be written to one client.
#[derive(Clone)]
struct Queue {
    messages: mpsc::UnboundedSender<Envelope>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// The client is to be cut off instead of getting the rest.
    is_cut: AtomicBool,
    cut: Notify,
}

impl Server {
    /// Call within a tokio runtime.
    pub fn bind(path: &Path) -> Result<Server, BindError> {
        let fail = |source| BindError::Io { path: path.to_path_buf(), source };
        remove_stale(path)?;
        let listener = UnixListener::bind(path).map_err(fail)?;
        // Everybody may connect, so that those who may not can be told why.
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o666)).map_err(fail)?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let clients = Clients::default();
        let task = tokio::spawn(accept(listener, clients.clone(), sender));
        Ok(Server { path: path.to_path_buf(), events, clients, task })
    }

    /// May be dropped half-way without losing an event.
    pub async fn next(&mut self) -> LocalEvent {
        match self.events.recv().await {
            Some(event) => event,
            // The listening task lives as long as we do.
            None => std::future::pending().await,
        }
    }

    pub fn clients(&self) -> Clients {
        self.clients.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.clients.lock().clear();
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Clients {
    pub fn reply(&self, client: ClientId, number: u64, bytes: Vec<u8>) {
        self.post(client, Envelope::Reply { number, bytes });
    }

    pub fn push(&self, client: ClientId, bytes: Vec<u8>) {
        self.post(client, Envelope::Push { bytes });
    }

    /// Closes a connection after what is queued is written.
    pub fn close(&self, client: ClientId, why: &str) {
        if let Some(queue) = self.lock().remove(&client) {
            let _ = queue.messages.send(Envelope::Farewell { why: why.to_string() });
        }
    }

    fn post(&self, client: ClientId, envelope: Envelope) {
        let Some(queue) = self.lock().get(&client).cloned() else { return };
        let waiting = &queue.waiting;
        let full = waiting.messages.load(Ordering::Relaxed) >= QUEUED_MESSAGES_MAX
            || waiting.bytes.load(Ordering::Relaxed) > QUEUED_BYTES_MAX;
        if full {
            self.lock().remove(&client);
            waiting.is_cut.store(true, Ordering::Relaxed);
            waiting.cut.notify_one();
            return;
        }
        waiting.messages.fetch_add(1, Ordering::Relaxed);
        waiting.bytes.fetch_add(envelope.payload_bytes(), Ordering::Relaxed);
        let _ = queue.messages.send(envelope);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ClientId, Queue>> {
        // Nothing panics while it is held; and if it did, the map would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Envelope {
    fn payload_bytes(&self) -> usize {
        match self {
            Envelope::Request { bytes, .. } | Envelope::Reply { bytes, .. } | Envelope::Push { bytes } => bytes.len(),
            Envelope::Welcome | Envelope::Farewell { .. } => 0,
        }
    }
}

/// A socket file left by a daemon that was killed is removed; one in use is not.
fn remove_stale(path: &Path) -> Result<(), BindError> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(BindError::InUse { path: path.to_path_buf() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|source| BindError::Io { path: path.to_path_buf(), source })
        }
        Err(_) => Ok(()),
    }
}

async fn accept(listener: UnixListener, clients: Clients, events: mpsc::Sender<LocalEvent>) {
    let mut last = 0;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file descriptors, mostly: let others finish first.
            Err(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        last += 1;
        tokio::spawn(serve(ClientId(last), stream, clients.clone(), events.clone()));
    }
}

async fn serve(client: ClientId, stream: UnixStream, clients: Clients, events: mpsc::Sender<LocalEvent>) {
    let caller = match identify(&stream) {
        Ok(caller) => caller,
        Err(why) => {
            let _ = events.send(LocalEvent::Refused { why: why.clone() }).await;
            return say_farewell(stream, why).await;
        }
    };
    let (reader, writer) = stream.into_split();
    let (messages, outgoing) = mpsc::unbounded_channel();
    let waiting = Arc::new(Waiting::default());
    let _ = messages.send(Envelope::Welcome);
    clients.lock().insert(client, Queue { messages, waiting: waiting.clone() });
    if events.send(LocalEvent::Connected { client, caller }).await.is_err() {
        return;
    }
    tokio::select! {
        () = listen(client, reader, &events) => {}
        () = talk(writer, outgoing, waiting) => {}
    }
    clients.lock().remove(&client);
    let _ = events.send(LocalEvent::Gone { client }).await;
}

async fn say_farewell(mut stream: UnixStream, why: String) {
    let _ = codec::write(&mut stream, &Envelope::Farewell { why }.encode()).await;
}

async fn listen(client: ClientId, reader: OwnedReadHalf, events: &mpsc::Sender<LocalEvent>) {
    let mut frames = FrameReader::new(reader, LOCAL_BYTES_MAX);
    while let Ok(Some(frame)) = frames.next().await {
        let Ok(Envelope::Request { number, bytes }) = Envelope::decode(&frame) else { return };
        if events.send(LocalEvent::Request { client, number, bytes }).await.is_err() {
            return;
        }
    }
}

/// Writes what is queued. A client that is cut off has some time to read why.
async fn talk(mut writer: OwnedWriteHalf, mut outgoing: mpsc::UnboundedReceiver<Envelope>, waiting: Arc<Waiting>) {
    let too_late = async {
        waiting.cut.notified().await;
        tokio::time::sleep(FAREWELL_TIME).await;
    };
    tokio::select! {
        () = write_queue(&mut writer, &mut outgoing, &waiting) => {}
        () = too_late => {}
    }
    let _ = writer.shutdown().await;
}

async fn write_queue(writer: &mut OwnedWriteHalf, outgoing: &mut mpsc::UnboundedReceiver<Envelope>, waiting: &Waiting) {
    while let Some(mut envelope) = outgoing.recv().await {
        if waiting.is_cut.load(Ordering::Relaxed) {
            let why = "too slow: more was waiting to be read than one connection may hold".to_string();
            envelope = Envelope::Farewell { why };
        }
        let is_last = matches!(envelope, Envelope::Farewell { .. });
        if codec::write(writer, &envelope.encode()).await.is_err() || is_last {
            return;
        }
        waiting.messages.fetch_sub(usize::from(!matches!(envelope, Envelope::Welcome)), Ordering::Relaxed);
        waiting.bytes.fetch_sub(envelope.payload_bytes(), Ordering::Relaxed);
    }
}

fn identify(stream: &UnixStream) -> Result<Caller, String> {
    let credentials = stream.peer_cred().map_err(|error| format!("cannot tell who connects: {error}"))?;
    let (uid, gid) = (credentials.uid(), credentials.gid());
    let known = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let user = known.map(|user| user.name).unwrap_or_else(|| uid.to_string());
    let access = access_of(uid, gid, &user).ok_or_else(|| {
        format!("user {user} (uid {uid}) may not manage the cluster: not root, and not in group {ADMIN_GROUP}")
    })?;
    Ok(Caller { uid, gid, pid: credentials.pid(), user, access })
}

fn access_of(uid: u32, gid: u32, user: &str) -> Option<Access> {
    if uid == 0 || uid == Uid::effective().as_raw() {
        return Some(Access::Owner);
    }
    let admin = Group::from_name(ADMIN_GROUP).ok().flatten()?.gid;
    let groups = CString::new(user).ok().and_then(|name| getgrouplist(&name, Gid::from_raw(gid)).ok());
    let member = admin.as_raw() == gid || groups.is_some_and(|groups| groups.contains(&admin));
    member.then_some(Access::Admin)
}
