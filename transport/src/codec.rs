//! Frames: how messages are cut out of a stream of bytes.
//!
//! In: bytes as they come. Out: whole frames, or the reason why this stream is none of ours.
//! A frame is `QR`, version, length of the body, body. `decode` is pure and takes any bytes.

use std::io::{self, Read, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Raised when an older reader could misread a frame's body.
pub const FRAME_VERSION: u16 = 1;
const MAGIC: [u8; 2] = *b"QR";
const HEAD_BYTES: usize = 8;
/// Read from a stream at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Why a stream has no next frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("these bytes are not a frame of ours")]
    Magic,
    #[error("frame of version {theirs}, this program speaks version {FRAME_VERSION}")]
    Version { theirs: u16 },
    #[error("frame of {bytes} bytes exceeds the limit of {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the other side closed the connection in the middle of a frame")]
    Cut,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a buffer begins with.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    Frame {
        body: &'a [u8],
        consumed: usize,
    },
    /// So many bytes are needed at least.
    Incomplete {
        needed: usize,
    },
}

/// The frame that begins some bytes, or how many more it takes.
///
/// # Errors
/// The bytes are no frame, of another version, or too many.
pub fn decode(bytes: &[u8], limit: usize) -> Result<Decoded<'_>, FrameError> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if *magic != MAGIC[..magic.len()] {
        return Err(FrameError::Magic);
    }
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Ok(Decoded::Incomplete { needed: HEAD_BYTES });
    };
    let [_, _, version_high, version_low, length @ ..] = *head;
    let theirs = u16::from_be_bytes([version_high, version_low]);
    if theirs != FRAME_VERSION {
        return Err(FrameError::Version { theirs });
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > limit {
        return Err(FrameError::TooLarge { bytes: length, limit });
    }
    match rest.get(..length) {
        Some(body) => Ok(Decoded::Frame { body, consumed: HEAD_BYTES + length }),
        None => Ok(Decoded::Incomplete { needed: HEAD_BYTES + length }),
    }
}

/// A frame with this body.
pub fn encode(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("frames are limited far below 4 GiB");
    let mut bytes = Vec::with_capacity(HEAD_BYTES + body.len());
    bytes.extend(MAGIC);
    bytes.extend(FRAME_VERSION.to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Bytes received and not yet cut into frames.
#[derive(Debug)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    /// Before here, all is consumed.
    start: usize,
    limit: usize,
}

impl FrameBuffer {
    /// For frames whose bodies have no more than so many bytes.
    pub fn new(limit: usize) -> FrameBuffer {
        FrameBuffer { bytes: Vec::new(), start: 0, limit }
    }

    /// Takes bytes that have come.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether no frame has begun.
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == self.start
    }

    /// The body of the next frame, once all of it is here.
    ///
    /// # Errors
    /// The bytes are no frame, or of another version.
    pub fn take_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        match decode(&self.bytes[self.start..], self.limit)? {
            Decoded::Frame { body, consumed } => {
                let body = body.to_vec();
                self.start += consumed;
                self.shrink();
                Ok(Some(body))
            }
            Decoded::Incomplete { needed } => {
                self.shrink();
                // No more than one chunk in advance: a length is only a claim until bytes follow.
                self.bytes.reserve(needed.min(self.bytes.len() + CHUNK_BYTES).saturating_sub(self.bytes.len()));
                Ok(None)
            }
        }
    }

    /// How many bytes wait to become a frame.
    pub fn waiting(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Forgets what is consumed, when that is cheap. After a large frame the memory is given back.
    fn shrink(&mut self) {
        if self.start == self.bytes.len() {
            match self.bytes.capacity() > CHUNK_BYTES {
                true => self.bytes = Vec::new(),
                false => self.bytes.clear(),
            }
            self.start = 0;
        } else if self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

/// Read from a stream at once where no frame has begun: many streams are idle.
const FIRST_BYTES: usize = 4 * 1024;

/// Frames from an async stream. `next` and `fill` may be dropped half-way without losing bytes.
pub struct FrameReader<R> {
    stream: R,
    buffer: FrameBuffer,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads frames whose bodies have no more than `limit` bytes.
    pub fn new(stream: R, limit: usize) -> FrameReader<R> {
        FrameReader { stream, buffer: FrameBuffer::new(limit) }
    }

    /// A frame that is there already.
    ///
    /// # Errors
    /// The bytes are no frame, or of another version.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        self.buffer.take_frame()
    }

    /// How many bytes of an unfinished frame have come.
    pub fn waiting(&self) -> usize {
        self.buffer.waiting()
    }

    /// Reads what comes next; `false` when the other side closed between two frames.
    ///
    /// # Errors
    /// The stream fails, or ends within a frame.
    pub async fn fill(&mut self) -> Result<bool, FrameError> {
        let idle = self.buffer.is_empty();
        self.buffer.bytes.reserve(if idle { FIRST_BYTES } else { CHUNK_BYTES });
        match self.stream.read_buf(&mut self.buffer.bytes).await? {
            0 if idle => Ok(false),
            0 => Err(FrameError::Cut),
            _ => Ok(true),
        }
    }

    /// `None` when the other side closed between two frames.
    ///
    /// # Errors
    /// What came is no frame, or the stream failed.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        loop {
            if let Some(frame) = self.buffer.take_frame()? {
                return Ok(Some(frame));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }
}

/// Writes a frame with this body.
///
/// # Errors
/// The stream failed.
pub async fn write<W: AsyncWrite + Unpin>(stream: &mut W, body: &[u8]) -> io::Result<()> {
    stream.write_all(&encode(body)).await?;
    stream.flush().await
}

/// One more frame from a blocking stream.
///
/// # Errors
/// What came is no frame, or the stream failed.
pub fn read_blocking(stream: &mut impl Read, buffer: &mut FrameBuffer) -> Result<Option<Vec<u8>>, FrameError> {
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        if let Some(frame) = buffer.take_frame()? {
            return Ok(Some(frame));
        }
        match stream.read(&mut chunk)? {
            0 if buffer.is_empty() => return Ok(None),
            0 => return Err(FrameError::Cut),
            count => buffer.extend(&chunk[..count]),
        }
    }
}

/// The same, for threads that may wait.
///
/// # Errors
/// The stream failed.
pub fn write_blocking(stream: &mut impl Write, body: &[u8]) -> io::Result<()> {
    stream.write_all(&encode(body))?;
    stream.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_claimed_length_beyond_the_limit_is_refused_before_it_is_read() {
        let mut bytes = encode(b"");
        bytes[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(decode(&bytes, 1000), Err(FrameError::TooLarge { limit: 1000, .. })));
    }

    #[test]
    fn another_version_and_another_protocol_are_told_apart() {
        let mut bytes = encode(b"x");
        bytes[3] = 9;
        assert!(matches!(decode(&bytes, 10), Err(FrameError::Version { theirs: 9 })));
        assert!(matches!(decode(b"GET / HTTP/1.0", 10), Err(FrameError::Magic)));
    }

    proptest! {
        #[test]
        fn frames_come_out_however_the_stream_is_cut(
            bodies: Vec<Vec<u8>>, cuts in proptest::collection::vec(1usize..20, 1..50)
        ) {
            let stream: Vec<u8> = bodies.iter().flat_map(|body| encode(body)).collect();
            let mut buffer = FrameBuffer::new(1 << 20);
            let mut seen = Vec::new();
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                buffer.extend(now);
                rest = later;
                while let Some(frame) = buffer.take_frame().unwrap() {
                    seen.push(frame);
                }
            }
            prop_assert_eq!(seen, bodies);
            prop_assert!(buffer.is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, limit in 0usize..100) {
            let _ = decode(&bytes, limit);
            let mut framed = encode(&bytes);
            framed.truncate(limit);
            let _ = decode(&framed, limit);
        }
    }
}
