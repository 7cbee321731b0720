//! The daemon's side of the unix socket.
//!
//! In: replies and pushes, which never block. Out: `LocalEvent`s. Who may connect is decided by
//! the kernel's word about the peer. A client that does not read is told so and cut off.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::user::groups_of;
use nix::unistd::{Uid, User};
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};

pub use super::ClientId;
use super::door::{CONNECTIONS_MAX, CONNECTIONS_OF_USER_MAX, Places, Strangers};
use super::{ADMIN_GROUP, Access, Caller, Envelope, REQUEST_BYTES_MAX};
use crate::codec::{self, FrameError, FrameReader};

/// Messages that may wait for one client: minutes of a busy cluster's changes.
const QUEUED_MESSAGES_MAX: usize = 4096;
/// Bytes that may wait for one client besides its newest message.
const QUEUED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The same for all clients together.
const QUEUED_BYTES_ALL_MAX: usize = 4 * QUEUED_BYTES_MAX;
/// Of requests that have begun and not ended: how many bytes for all clients, and how long for each.
const UNFINISHED_BYTES_MAX: usize = 2 * REQUEST_BYTES_MAX;
const UNFINISHED_TIME: Duration = Duration::from_secs(30);
/// Requests that may wait for the daemon; then clients wait.
const EVENTS_MAX: usize = 1024;
/// How long a client that is cut off may take to read why.
const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// What tools do at the socket.
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

/// Why the socket cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("another daemon already listens at {}", path.display())]
    InUse { path: PathBuf },
    #[error("cannot listen at {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Device and number of the socket's file.
type SocketFile = (u64, u64);

/// Listens until dropped; then the socket file is removed.
pub struct Server {
    path: PathBuf,
    file: SocketFile,
    sender: mpsc::Sender<LocalEvent>,
    events: mpsc::Receiver<LocalEvent>,
    clients: Clients,
    /// The latest client's number.
    last: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

/// Answers clients; cheap to clone.
#[derive(Clone)]
pub struct Clients {
    inside: Arc<Mutex<Inside>>,
    /// Bytes that wait to be written, of all.
    waiting_bytes: Arc<AtomicUsize>,
    /// Bytes of unfinished requests, of all.
    unfinished_bytes: Arc<AtomicUsize>,
}

struct Inside {
    queues: BTreeMap<ClientId, Queue>,
    places: Places,
    strangers: Strangers,
}

/// What waits to be written to one client.
#[derive(Clone)]
struct Queue {
    messages: mpsc::UnboundedSender<Envelope>,
    waiting: Arc<Waiting>,
}

struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// Of all clients.
    all_bytes: Arc<AtomicUsize>,
    /// The client is to be cut off instead of getting the rest.
    is_cut: AtomicBool,
    cut: Notify,
}

impl Waiting {
    fn among(all_bytes: &Arc<AtomicUsize>) -> Waiting {
        Waiting {
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            all_bytes: Arc::clone(all_bytes),
            is_cut: AtomicBool::new(false),
            cut: Notify::new(),
        }
    }

    fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.all_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

impl Server {
    /// Call within a tokio runtime.
    ///
    /// # Errors
    /// Another daemon listens there, or the socket cannot be made.
    pub fn bind(path: &Path) -> Result<Server, BindError> {
        Server::bind_for(path, CONNECTIONS_MAX)
    }

    /// The same for no more than so many connections at once.
    ///
    /// # Errors
    /// As `bind`.
    pub fn bind_for(path: &Path, connections_max: usize) -> Result<Server, BindError> {
        let (listener, file) = listen_at(path)?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let clients = Clients::new(connections_max.min(CONNECTIONS_MAX));
        let last = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(accept(listener, clients.clone(), sender.clone(), last.clone()));
        Ok(Server { path: path.to_path_buf(), file, sender, events, clients, last, task })
    }

    /// Whether nobody can find it any more: its file was removed, or another lies there.
    pub fn is_gone(&self) -> bool {
        file_at(&self.path) != Some(self.file)
    }

    /// Makes its file again. Those who are connected stay so.
    ///
    /// # Errors
    /// As `bind`.
    pub fn listen_again(&mut self) -> Result<(), BindError> {
        let (listener, file) = listen_at(&self.path)?;
        self.task.abort();
        self.file = file;
        self.task = tokio::spawn(accept(listener, self.clients.clone(), self.sender.clone(), self.last.clone()));
        Ok(())
    }

    /// May be dropped half-way without losing an event.
    pub async fn next(&mut self) -> LocalEvent {
        match self.events.recv().await {
            Some(event) => event,
            // The listening task lives as long as we do.
            None => std::future::pending().await,
        }
    }

    /// A handle by which clients are answered, from any thread.
    pub fn clients(&self) -> Clients {
        self.clients.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.clients.lock().queues.clear();
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Clients {
    fn new(connections_max: usize) -> Clients {
        let inside =
            Inside { queues: BTreeMap::new(), places: Places::new(connections_max), strangers: Strangers::default() };
        Clients {
            inside: Arc::new(Mutex::new(inside)),
            waiting_bytes: Arc::default(),
            unfinished_bytes: Arc::default(),
        }
    }

    /// Answers a request, by its number, with an encoded reply.
    pub fn reply(&self, client: ClientId, number: u64, bytes: Vec<u8>) {
        self.post(client, Envelope::Reply { number, bytes });
    }

    /// Sends a client something that it did not ask for just now.
    pub fn push(&self, client: ClientId, bytes: Vec<u8>) {
        self.post(client, Envelope::Push { bytes });
    }

    /// Closes a connection after what is queued is written.
    pub fn close(&self, client: ClientId, why: &str) {
        if let Some(queue) = self.lock().queues.remove(&client) {
            let _ = queue.messages.send(Envelope::Farewell { why: why.to_string() });
            // Who does not read it in time is cut off without.
            queue.waiting.cut.notify_one();
        }
    }

    /// Lets a client in; another one may have to go for it.
    fn enter(&self, client: ClientId, uid: u32, queue: Queue) {
        let mut inside = self.lock();
        inside.queues.insert(client, queue);
        let goes = inside.places.enter(client, uid, Instant::now());
        drop(inside);
        if let Some(goes) = goes {
            let why = format!("more than {CONNECTIONS_OF_USER_MAX} connections: this one was idle longest");
            self.close(goes, &why);
        }
    }

    fn leave(&self, client: ClientId) {
        let mut inside = self.lock();
        inside.places.left(client);
        inside.queues.remove(&client);
    }

    fn post(&self, client: ClientId, envelope: Envelope) {
        let mut inside = self.lock();
        inside.places.used(client, Instant::now());
        let Some(queue) = inside.queues.get(&client).cloned() else { return };
        drop(inside);
        let waiting = &queue.waiting;
        let full = waiting.messages.load(Ordering::Relaxed) >= QUEUED_MESSAGES_MAX
            || waiting.bytes.load(Ordering::Relaxed) > QUEUED_BYTES_MAX
            || self.waiting_bytes.load(Ordering::Relaxed) > QUEUED_BYTES_ALL_MAX;
        if full {
            self.lock().queues.remove(&client);
            waiting.is_cut.store(true, Ordering::Relaxed);
            waiting.cut.notify_one();
            return;
        }
        waiting.messages.fetch_add(1, Ordering::Relaxed);
        waiting.add(envelope.payload_bytes());
        let _ = queue.messages.send(envelope);
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        // Nothing panics while it is held; and if it did, the maps would still be whole.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
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

fn listen_at(path: &Path) -> Result<(UnixListener, SocketFile), BindError> {
    let fail = |source| BindError::Io { path: path.to_path_buf(), source };
    remove_stale(path)?;
    let listener = UnixListener::bind(path).map_err(fail)?;
    // Everybody may connect, so that those who may not can be told why.
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o666)).map_err(fail)?;
    let file = file_at(path).ok_or_else(|| fail(io::ErrorKind::NotFound.into()))?;
    Ok((listener, file))
}

fn file_at(path: &Path) -> Option<SocketFile> {
    std::fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

async fn accept(listener: UnixListener, clients: Clients, events: mpsc::Sender<LocalEvent>, last: Arc<AtomicU64>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file descriptors, mostly: let others finish first.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let client = ClientId(last.fetch_add(1, Ordering::Relaxed) + 1);
        tokio::spawn(serve(client, stream, clients.clone(), events.clone()));
    }
}

async fn serve(client: ClientId, stream: UnixStream, clients: Clients, events: mpsc::Sender<LocalEvent>) {
    let caller = match identify(&stream) {
        Ok(caller) => caller,
        Err(why) => {
            let remark = clients.lock().strangers.turned_away(&why, Instant::now());
            if let Some(why) = remark {
                let _ = events.send(LocalEvent::Refused { why }).await;
            }
            return say_farewell(stream, why).await;
        }
    };
    let (reader, writer) = stream.into_split();
    let (messages, outgoing) = mpsc::unbounded_channel();
    let waiting = Arc::new(Waiting::among(&clients.waiting_bytes));
    let _ = messages.send(Envelope::Welcome);
    clients.enter(client, caller.uid, Queue { messages, waiting: waiting.clone() });
    if events.send(LocalEvent::Connected { client, caller }).await.is_err() {
        return;
    }
    let talking = talk(writer, outgoing, waiting);
    tokio::pin!(talking);
    tokio::select! {
        why = listen(client, reader, &clients, &events) => if let Some(why) = why {
            clients.close(client, &why);
            talking.await;
        },
        () = &mut talking => {}
    }
    clients.leave(client);
    let _ = events.send(LocalEvent::Gone { client }).await;
}

async fn say_farewell(mut stream: UnixStream, why: String) {
    let farewell = Envelope::Farewell { why }.encode();
    let _ = tokio::time::timeout(FAREWELL_TIME, codec::write(&mut stream, &farewell)).await;
}

/// Passes requests on until the client goes, or must; why, if it is to be told.
async fn listen(
    client: ClientId,
    reader: OwnedReadHalf,
    clients: &Clients,
    events: &mpsc::Sender<LocalEvent>,
) -> Option<String> {
    let mut frames = FrameReader::new(reader, REQUEST_BYTES_MAX + ENVELOPE_BYTES);
    let mut unfinished = Unfinished { all_bytes: clients.unfinished_bytes.clone(), bytes: 0 };
    let mut begun = Instant::now();
    loop {
        match frames.take() {
            Ok(Some(frame)) => {
                unfinished.is(frames.waiting());
                begun = Instant::now();
                clients.lock().places.used(client, begun);
                let Ok(Envelope::Request { number, bytes }) = Envelope::decode(&frame) else {
                    return Some("a message that is no request".to_string());
                };
                events.send(LocalEvent::Request { client, number, bytes }).await.ok()?;
                continue;
            }
            Ok(None) => {}
            Err(error) => return Some(error.to_string()),
        }
        if !unfinished.is(frames.waiting()) {
            return Some("too much was begun and not ended by all clients together; try again".to_string());
        }
        let more = match frames.waiting() {
            0 => {
                let more = frames.fill().await;
                begun = Instant::now();
                more
            }
            _ => match tokio::time::timeout_at((begun + UNFINISHED_TIME).into(), frames.fill()).await {
                Ok(more) => more,
                Err(_) => {
                    return Some(format!("a request was not ended within {} s", UNFINISHED_TIME.as_secs()));
                }
            },
        };
        match more {
            Ok(true) => {}
            Ok(false) | Err(FrameError::Cut | FrameError::Io(_)) => return None,
            Err(error) => return Some(error.to_string()),
        }
    }
}

/// Around the bytes of a request.
const ENVELOPE_BYTES: usize = 9;

/// What one client has begun, as a part of what all have.
struct Unfinished {
    all_bytes: Arc<AtomicUsize>,
    bytes: usize,
}

impl Unfinished {
    /// `false` if that is too much for all together. A small beginning is always taken.
    fn is(&mut self, bytes: usize) -> bool {
        let others = self.all_bytes.fetch_sub(self.bytes, Ordering::Relaxed) - self.bytes;
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes = bytes;
        others + bytes <= UNFINISHED_BYTES_MAX || bytes <= SMALL_BYTES
    }
}

/// A tool's question fits; and all connections together cannot hold much more by it.
const SMALL_BYTES: usize = 64 * 1024;

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.all_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
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
        waiting.remove(envelope.payload_bytes());
    }
}

fn identify(stream: &UnixStream) -> Result<Caller, String> {
    let credentials = stream.peer_cred().map_err(|error| format!("cannot tell who connects: {error}"))?;
    let (uid, gid) = (credentials.uid(), credentials.gid());
    let known = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let user = known.map(|user| user.name).unwrap_or_else(|| uid.to_string());
    let groups = groups_of(gid, &user);
    let access = access_of(uid, &groups).ok_or_else(|| {
        format!("user {user} (uid {uid}) may not manage the cluster: not root, and not in group {ADMIN_GROUP}")
    })?;
    Ok(Caller { uid, gid, pid: credentials.pid(), user, groups, access })
}

fn access_of(uid: u32, groups: &[String]) -> Option<Access> {
    if uid == 0 || uid == Uid::effective().as_raw() {
        return Some(Access::Owner);
    }
    groups.iter().any(|name| name == ADMIN_GROUP).then_some(Access::Admin)
}
