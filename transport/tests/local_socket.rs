//! Tools and daemon over a real unix socket.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use quorate_transport::local::Access;
use quorate_transport::local::client::{Client, ClientError};
use quorate_transport::local::server::{BindError, LocalEvent, Server};

const PATIENCE: Duration = Duration::from_secs(5);

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let dir = tempfile::tempdir().unwrap();
        // Users other than the owner must reach the socket.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), open).unwrap();
        Home(dir)
    }

    fn socket(&self) -> PathBuf {
        self.0.path().join("daemon.sock")
    }
}

/// A daemon in a thread of its own; it ends when this is dropped.
struct Daemon {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Echoes requests; `push N` pushes N times 64 KiB first.
fn daemon(path: &Path) -> Daemon {
    let path = path.to_path_buf();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::bind(&path).unwrap();
            ready.send(()).unwrap();
            tokio::select! {
                () = echo(server) => {}
                _ = stopped => {}
            }
        });
    });
    is_ready.recv().unwrap();
    Daemon { stop: Some(stop), thread: Some(thread) }
}

async fn echo(mut server: Server) {
    let clients = server.clients();
    loop {
        if let LocalEvent::Request { client, number, bytes } = server.next().await {
            let count = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_prefix("push "));
            for _ in 0..count.map(|count| count.parse().unwrap()).unwrap_or(0) {
                clients.push(client, vec![7; 64 * 1024]);
            }
            clients.reply(client, number, bytes);
        }
    }
}

#[test]
fn requests_are_answered_small_and_large() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    for size in [0, 1, 100_000, 30_000_000] {
        let bytes: Vec<u8> = (0..size).map(|index| index as u8).collect();
        assert!(client.request(&bytes).unwrap() == bytes, "{size} bytes came back changed");
    }
}

#[test]
fn requests_that_are_sent_together_are_answered_in_their_order() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    // More than may wait for the daemon at once.
    let requests: Vec<Vec<u8>> = (0..3_000).map(|number| format!("request {number}").into_bytes()).collect();
    assert_eq!(client.pipeline(&requests).unwrap(), requests);
    assert_eq!(client.request(b"another").unwrap(), b"another");
}

#[test]
fn pushes_before_the_reply_are_kept() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    client.request(b"push 3").unwrap();
    for _ in 0..3 {
        assert_eq!(client.next_push(PATIENCE).unwrap().map(|push| push.len()), Some(64 * 1024));
    }
    // A reply comes after all that was pushed before it.
    client.request(b"hello").unwrap();
    assert_eq!(client.next_push(Duration::from_millis(1)).unwrap(), None);
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_others_do_not_notice() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let mut lazy = UnixStream::connect(home.socket()).unwrap();
    let request = quorate_transport::local::Envelope::Request { number: 1, bytes: b"push 3000".to_vec() };
    lazy.write_all(&quorate_transport::codec::encode(&request.encode())).unwrap();
    let mut busy = Client::connect(&home.socket(), PATIENCE).unwrap();
    let before = Instant::now();
    for _ in 0..100 {
        busy.request(b"hello").unwrap();
    }
    assert!(before.elapsed() < PATIENCE);
    std::thread::sleep(Duration::from_millis(200));
    let mut all = Vec::new();
    lazy.set_read_timeout(Some(PATIENCE)).unwrap();
    lazy.read_to_end(&mut all).unwrap();
    assert!(all.len() < 64 * 1024 * 1024, "it was sent everything");
    let words = String::from_utf8_lossy(&all[all.len().saturating_sub(200)..]).into_owned();
    assert!(words.contains("too slow"), "it was not told why");
}

/// What is claimed in a frame's head is believed, and answered before it is sent.
#[test]
fn a_request_that_could_never_travel_is_refused_with_the_reason() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let mut huge = UnixStream::connect(home.socket()).unwrap();
    let mut head = quorate_transport::codec::encode(b"");
    head[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    huge.write_all(&head).unwrap();
    huge.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut all = Vec::new();
    huge.read_to_end(&mut all).unwrap();
    assert!(String::from_utf8_lossy(&all).contains("exceeds the limit"), "it was not told why");
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    let error = client.request(&vec![0; 65 << 20]).unwrap_err();
    assert!(error.to_string().contains("exceeds the limit"), "{error}");
}

#[test]
fn a_daemon_that_is_not_there_is_named() {
    let home = Home::new();
    let error = Client::connect(&home.socket(), PATIENCE).unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error}");
}

#[test]
fn a_socket_left_by_a_killed_daemon_is_taken_over_but_not_a_live_one() {
    let home = Home::new();
    drop(std::os::unix::net::UnixListener::bind(home.socket()).unwrap());
    let _daemon = daemon(&home.socket());
    let again = Server::bind(&home.socket()).map(|_| ());
    assert!(matches!(again, Err(BindError::InUse { .. })));
}

#[test]
fn the_daemon_going_away_is_noticed() {
    let home = Home::new();
    let daemon = daemon(&home.socket());
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    drop(daemon);
    let error = client.request(b"hello").unwrap_err();
    assert!(matches!(error, ClientError::Lost { .. }), "{error}");
}

#[test]
fn the_kernels_word_decides_who_may_speak() {
    let home = Home::new();
    let path = home.socket();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut server = Server::bind(&path).unwrap();
        let own = {
            let path = path.clone();
            std::thread::spawn(move || Client::connect(&path, PATIENCE).map(|_| ()))
        };
        match server.next().await {
            LocalEvent::Connected { caller, .. } => assert_eq!(caller.access, Access::Owner),
            other => panic!("{other:?}"),
        }
        own.join().unwrap().unwrap();
        assert!(matches!(server.next().await, LocalEvent::Gone { .. }));
        if !nix::unistd::Uid::effective().is_root() {
            return not_tried("connecting as another user", "not root");
        }
        a_stranger_is_refused(&mut server, &path).await;
    });
}

/// Where everything is there that tests need, nothing is left out.
fn not_tried(what: &str, why: &str) {
    println!("{what} is not tried: {why}");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what}: {why}");
}

/// Connects as user nobody, by a small script, because a test cannot change its own user.
async fn a_stranger_is_refused(server: &mut Server, path: &Path) {
    let script = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\nd=b''\nwhile 1:\n c=s.recv(999)\n if not c: break\n d+=c\nsys.stdout.write(d[17:].decode())";
    let mut command = std::process::Command::new("python3");
    command.arg("-c").arg(script).arg(path).uid(65_534).gid(65_534).stdout(std::process::Stdio::piped());
    let Ok(child) = command.spawn() else {
        return not_tried("connecting as another user", "no python3");
    };
    match server.next().await {
        LocalEvent::Refused { why } => assert!(why.contains("65534"), "{why}"),
        other => panic!("{other:?}"),
    }
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("may not manage the cluster"), "{told:?}");
}

/// The beginning of a request of so many bytes, and what of it is sent.
fn begin(path: &Path, bytes: usize, sent: usize) -> UnixStream {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut head = quorate_transport::codec::encode(&[]);
    let length = u32::try_from(bytes).unwrap().to_be_bytes();
    let place = head.len() - length.len();
    head[place..].copy_from_slice(&length);
    stream.write_all(&head).unwrap();
    // One that is cut off need not take the rest.
    let _ = stream.write_all(&vec![0; sent]);
    stream
}

/// What the daemon says last to a client that it cuts off.
fn farewell(mut stream: UnixStream, within: Duration) -> String {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut words = Vec::new();
    let _ = stream.read_to_end(&mut words);
    String::from_utf8_lossy(&words).into_owned()
}

#[test]
fn what_is_begun_and_not_ended_is_bounded() {
    const MIB: usize = 1 << 20;
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let held: Vec<UnixStream> = (0..2).map(|_| begin(&home.socket(), 63 * MIB, 50 * MIB)).collect();
    let third = begin(&home.socket(), 63 * MIB, 50 * MIB);
    let words = farewell(third, PATIENCE);
    assert!(words.contains("too much was begun and not ended"), "{words:?}");
    // Others are served meanwhile.
    let mut client = Client::connect(&home.socket(), PATIENCE).unwrap();
    assert_eq!(client.request(b"x").unwrap(), b"x");
    drop(held);
}

#[test]
fn a_request_that_is_not_ended_is_given_up() {
    let home = Home::new();
    let _daemon = daemon(&home.socket());
    let half = begin(&home.socket(), 100, 10);
    let words = farewell(half, Duration::from_secs(60));
    assert!(words.contains("a request was not ended within 30 s"), "{words:?}");
}
