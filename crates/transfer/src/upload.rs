//! One upload: prepared (photos and videos cleaned), sealed part by part, sent. Every step that a restart must know is told to the client and
//! stored before it is taken.

use crate::{Requests, Trouble};
use bytes::Bytes;
use client::{Begun, SourceStamp, UploadJob, UploadStep, Uploaded};
use futures_util::future::join;
use media::clean::{CleanError, Patched};
use media::stream::{AttachmentKey, Checkpoint, PART, Salt, SealError, Sealed, Sealer, Step};
use media::{Kind, Prepared, Wish};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use view::{FileSort, Refusal};
use wire::call::{Refusal as Refused, Request, Response, UploadId};
use wire::content::Class;

/// What an upload needs of its shell, beside the requests.
#[allow(async_fn_in_trait)]
pub trait Outside {
    type Source: Read + Seek;
    /// Where a cleaned photo lies until it is sent; gone with its handle.
    type Draft: Read + Write + Seek;

    /// Opens what a person chose, again if need be.
    ///
    /// # Errors
    /// What to tell that person.
    fn open(&self, source: &str) -> Result<Opened<Self::Source>, Refusal>;

    /// # Errors
    /// There is no room.
    fn draft(&self) -> Result<Self::Draft, ErrorKind>;

    /// Returns when the client has stored the step.
    ///
    /// # Errors
    /// It has not: nothing that comes after the step may be done.
    async fn tell(&self, upload: i64, step: UploadStep) -> Result<(), NotStored>;

    /// Bytes that the server has, of all there are.
    fn progress(&self, upload: i64, done: u64, total: u64);

    /// Goes on with the next part. Where nothing else waits for this thread, it is made at once.
    ///
    /// # Errors
    /// Those of [`Sealer::part`].
    async fn step(&self, sealer: &mut Sealer, source: &mut impl Read, part: &mut Vec<u8>) -> Result<Step, SealError> {
        sealer.step(source, part, PART)
    }

    /// Lets others have their turn between two long pieces of work.
    async fn rest(&self);

    /// Nobody wants the file to be sent any more.
    fn is_stopped(&self, upload: i64) -> bool;
}

/// The client could not store a step, or is gone.
#[derive(Debug)]
pub struct NotStored;

/// A source, and what tells it from another of the same name.
pub struct Opened<S> {
    pub source: S,
    pub stamp: SourceStamp,
}

/// How an upload ended that did not succeed.
enum Ended {
    Anew,
    Interrupted,
    Failed(Refusal),
}

/// A source that is ready to be sealed.
struct Ready<'r> {
    reader: Box<dyn Read + 'r>,
    length: u64,
    stamp: SourceStamp,
    said: Said,
}

/// What the message will say beside what sealing tells.
struct Said {
    class: Class,
    media_type: String,
    dimensions: Option<(u32, u32)>,
    duration: Option<u64>,
    thumbnail: Vec<u8>,
}

/// Runs an upload to its end; gives the step that ends it, still to be told.
pub async fn run<O: Outside>(job: UploadJob, outside: &O, requests: &mut impl Requests) -> UploadStep {
    match upload(job, outside, requests).await {
        Ok(uploaded) => UploadStep::Done(Box::new(uploaded)),
        Err(Ended::Anew) => UploadStep::Anew,
        Err(Ended::Interrupted) => UploadStep::Interrupted,
        Err(Ended::Failed(why)) => UploadStep::Failed(why),
    }
}

async fn upload<O: Outside>(job: UploadJob, outside: &O, requests: &mut impl Requests) -> Result<Uploaded, Ended> {
    let ready = ready(&job, outside)?;
    if job.begun.as_ref().is_some_and(|begun| begun.source != ready.stamp) {
        return Err(Ended::Anew);
    }
    let Ready { reader, length, stamp, said } = ready;
    let sealed = seal_and_send(&job, outside, requests, reader, length, stamp).await.map_err(|ended| ended.of(&job.name))?;
    Ok(Uploaded {
        class: said.class,
        blob: sealed.blob,
        length: sealed.len,
        media_type: said.media_type,
        name: job.name,
        sha256: sealed.plaintext,
        root: sealed.root,
        dimensions: said.dimensions,
        duration: said.duration,
        thumbnail: said.thumbnail,
        original: job.original,
    })
}

async fn seal_and_send<O: Outside>(
    job: &UploadJob,
    outside: &O,
    requests: &mut impl Requests,
    mut reader: Box<dyn Read + '_>,
    length: u64,
    stamp: SourceStamp,
) -> Result<Sealed, Ended> {
    let (key, salt) = (AttachmentKey::new(job.secret.key), Salt(job.secret.salt));
    let mut part = Vec::new();
    let (upload, mut sealer, pending) = match &job.begun {
        Some(Begun { upload, checkpoint: Some(checkpoint), .. }) => {
            let checkpoint = <[u8; Checkpoint::LEN]>::try_from(checkpoint.as_slice()).map_err(|_| Ended::Anew)?;
            let sealer = Sealer::resume(&key, &salt, length, &Checkpoint::from_bytes(&checkpoint), &mut reader, &mut part)?;
            (*upload, sealer, true)
        }
        begun => {
            let sealer = Sealer::new(&key, &salt, length)?;
            let upload = match begun {
                Some(begun) => begun.upload,
                None => create(requests, job, sealer.layout().stored_len()).await?,
            };
            outside.tell(job.id, UploadStep::Began { upload, source: stamp }).await?;
            (upload, sealer, false)
        }
    };
    let total = sealer.layout().stored_len();
    outside.progress(job.id, sealer.last_part().start, total);
    let mut next = if pending { Some(part) } else { kept(job, outside, seal_part(job, outside, &mut sealer, &mut reader).await?).await? };
    let mut known = None;
    while let Some(part) = next {
        let range = sealer.last_part();
        // The next part is sealed while this one is under way. It leaves after its checkpoint is kept, as every part does.
        let sending = send_part(requests, &upload, range.clone(), known, part);
        let (sent, sealed) = join(sending, seal_part(job, outside, &mut sealer, &mut reader)).await;
        known = Some(sent?);
        outside.progress(job.id, range.end, total);
        next = kept(job, outside, sealed?).await?;
    }
    let sealed = sealer.finish()?;
    match requests.call("/v1/Blob/Complete", &Request::CompleteBlob { upload, blob: sealed.blob }).await {
        Ok(Response::Stored { .. }) => Ok(sealed),
        Ok(_) => Err(Ended::Interrupted),
        Err(trouble) => Err(trouble.into()),
    }
}

/// The next part, and how far sealing has come with it; none when there is no more.
async fn seal_part<O: Outside>(
    job: &UploadJob,
    outside: &O,
    sealer: &mut Sealer,
    reader: &mut Box<dyn Read + '_>,
) -> Result<Option<(Vec<u8>, Checkpoint)>, Ended> {
    let mut part = Vec::new();
    loop {
        outside.rest().await;
        if outside.is_stopped(job.id) {
            return Err(Ended::Interrupted);
        }
        match outside.step(sealer, reader, &mut part).await? {
            Step::More => {}
            Step::Part(checkpoint) => return Ok(Some((part, checkpoint))),
            Step::End => return Ok(None),
        }
    }
}

/// The part, which may leave now.
async fn kept<O: Outside>(job: &UploadJob, outside: &O, sealed: Option<(Vec<u8>, Checkpoint)>) -> Result<Option<Vec<u8>>, Ended> {
    let Some((part, checkpoint)) = sealed else { return Ok(None) };
    outside.tell(job.id, UploadStep::Checkpoint(checkpoint.to_bytes().to_vec())).await?;
    Ok(Some(part))
}

async fn create(requests: &mut impl Requests, job: &UploadJob, length: u64) -> Result<UploadId, Ended> {
    match requests.call("/v1/Blob/Create", &Request::CreateBlob { length, delete_hash: job.delete_hash }).await {
        Ok(Response::Upload { upload, .. }) => Ok(upload),
        Ok(_) => Err(Ended::Interrupted),
        Err(trouble) => Err(trouble.into()),
    }
}

/// Sends what the server does not have of a part; gives how much it has then. `known`: how much that was, where it took the part before; else it is
/// asked.
async fn send_part(
    requests: &mut impl Requests,
    upload: &UploadId,
    range: Range<u64>,
    known: Option<u64>,
    part: Vec<u8>,
) -> Result<u64, Ended> {
    let at = match known {
        Some(at) => at,
        None => requests.offset(upload).await?,
    };
    if at >= range.end {
        return Ok(at);
    }
    // The server has less than has left before: it is not the one that took those bytes.
    let skip = at.checked_sub(range.start).ok_or(Ended::Anew)?;
    let rest = Bytes::from(part).slice(usize::try_from(skip).map_err(|_| Ended::Anew)?..);
    requests.patch(upload, at, rest).await?;
    Ok(range.end)
}

/// Looks at the file and gets it ready.
fn ready<'o, O: Outside>(job: &UploadJob, outside: &'o O) -> Result<Ready<'o>, Ended>
where
    O::Source: 'o,
    O::Draft: 'o,
{
    let Opened { source: mut file, stamp } = outside.open(&job.source).map_err(Ended::Failed)?;
    let unreadable =
        |error: std::io::Error| Ended::Failed(Refusal::FileUnreadable { name: job.name.clone(), why: error.kind().to_string() });
    let wish = if job.original { Wish::Original } else { Wish::Shown };
    let cannot = |error: CleanError| {
        Ended::Failed(match error {
            CleanError::Source(kind) => Refusal::FileUnreadable { name: job.name.clone(), why: kind.to_string() },
            CleanError::Sink(kind) => unwritable(kind),
            _ => Refusal::CannotClean { name: job.name.clone() },
        })
    };
    let prepared = media::prepare(&mut file, wish).map_err(cannot)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    match prepared {
        Prepared::Photo => {
            let mut clean = outside.draft().map_err(|kind| Ended::Failed(unwritable(kind)))?;
            let photo = media::clean::photo(&mut file, &mut clean).map_err(cannot)?;
            clean.flush().map_err(|error| Ended::Failed(unwritable(error.kind())))?;
            let length = clean.stream_position().map_err(unreadable)?;
            clean.seek(SeekFrom::Start(0)).map_err(unreadable)?;
            let said = Said {
                class: Class::Photo,
                media_type: photo.media_type.into(),
                dimensions: Some((photo.width, photo.height)),
                duration: None,
                thumbnail: photo.thumbnail,
            };
            Ok(Ready { reader: Box::new(clean), length, stamp, said })
        }
        Prepared::Video(video) => {
            let class = match (job.sort, video.size) {
                (FileSort::Voice, _) => Class::Voice,
                (FileSort::Found, Some(_)) => Class::Video,
                (FileSort::Found, None) => Class::File,
            };
            let media_type = type_of(job.sort, video.media_type);
            let said = Said { class, media_type, dimensions: video.size, duration: video.duration_ms, thumbnail: vec![] };
            let reader = Patched::new(file, video.plan).map_err(unreadable)?;
            Ok(Ready { reader: Box::new(reader), length: stamp.length, stamp, said })
        }
        Prepared::AsIs(kind) => Ok(Ready { reader: Box::new(file), length: stamp.length, stamp, said: as_it_is(kind, job.sort) }),
    }
}

/// The cleaned photo has no place to lie in until it is sent.
fn unwritable(kind: ErrorKind) -> Refusal {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Refusal::DiskFull,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Refusal::DiskReadOnly,
        kind => Refusal::Device { why: kind.to_string() },
    }
}

fn as_it_is(kind: Kind, sort: FileSort) -> Said {
    let class = match sort {
        FileSort::Found => Class::File,
        FileSort::Voice => Class::Voice,
    };
    Said { class, media_type: type_of(sort, kind.media_type()), dimensions: None, duration: None, thumbnail: vec![] }
}

/// What is sent as a voice message is heard alone: its type is that of sound, also where films have the same container.
fn type_of(sort: FileSort, media_type: &str) -> String {
    match sort {
        FileSort::Voice => media_type.replacen("video/", "audio/", 1),
        FileSort::Found => media_type.to_owned(),
    }
}

impl Ended {
    /// Sealing knows no names.
    fn of(self, file: &str) -> Self {
        match self {
            Self::Failed(Refusal::FileUnreadable { name, why }) if name.is_empty() => {
                Self::Failed(Refusal::FileUnreadable { name: file.into(), why })
            }
            Self::Failed(Refusal::FileTooLarge { name, limit }) if name.is_empty() => {
                Self::Failed(Refusal::FileTooLarge { name: file.into(), limit })
            }
            ended => ended,
        }
    }
}

impl From<SealError> for Ended {
    fn from(error: SealError) -> Self {
        match error {
            SealError::SourceChanged
            | SealError::SourceShrank
            | SealError::SourceGrew
            | SealError::ForeignCheckpoint
            | SealError::Unfinished => Self::Anew,
            SealError::TooLong => Self::Failed(Refusal::FileTooLarge { name: String::new(), limit: media::stream::FILE_MAX }),
            SealError::Source(kind) | SealError::Thread(kind) => {
                Self::Failed(Refusal::FileUnreadable { name: String::new(), why: kind.to_string() })
            }
        }
    }
}

impl From<NotStored> for Ended {
    fn from(_: NotStored) -> Self {
        Self::Interrupted
    }
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(Refused::NotFound | Refused::HashMismatch | Refused::Conflict) => Self::Anew,
            Trouble::Refused(refusal @ (Refused::Quota | Refused::TooLarge { .. })) => Self::Failed(client::server_refused(refusal)),
            _ => Self::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::stream::Layout;
    use std::cell::Cell;
    use std::io::Cursor;
    use wire::content::AttachmentSecret;
    use wire::{Bearer, BlobId, Hash32};

    /// A little more than two parts.
    const LENGTH: usize = 2 * PART + 1000;

    /// A shell that can store so many steps, and a file to send.
    struct Stores {
        steps: Cell<usize>,
        file: Vec<u8>,
    }

    impl Outside for Stores {
        type Source = Cursor<Vec<u8>>;
        type Draft = Cursor<Vec<u8>>;

        fn open(&self, _: &str) -> Result<Opened<Self::Source>, Refusal> {
            Ok(Opened { source: Cursor::new(self.file.clone()), stamp: SourceStamp { length: self.file.len() as u64, time: 1 } })
        }

        fn draft(&self) -> Result<Self::Draft, ErrorKind> {
            Ok(Cursor::default())
        }

        async fn tell(&self, _: i64, _: UploadStep) -> Result<(), NotStored> {
            self.steps.set(self.steps.get().checked_sub(1).ok_or(NotStored)?);
            Ok(())
        }

        fn progress(&self, _: i64, _: u64, _: u64) {}

        async fn rest(&self) {}

        fn is_stopped(&self, _: i64) -> bool {
            false
        }
    }

    /// A server that takes everything.
    #[derive(Default)]
    struct Takes {
        has: u64,
        parts: usize,
        asked: usize,
    }

    impl Requests for Takes {
        async fn call(&mut self, _: &str, request: &Request) -> Result<Response, Trouble> {
            Ok(match request {
                Request::CompleteBlob { blob, .. } => Response::Stored { blob: *blob },
                _ => Response::Upload { upload: UploadId([7; 16]), offset: 0 },
            })
        }

        async fn offset(&mut self, _: &UploadId) -> Result<u64, Trouble> {
            self.asked += 1;
            Ok(self.has)
        }

        async fn patch(&mut self, _: &UploadId, at: u64, part: Bytes) -> Result<(), Trouble> {
            assert_eq!(at, self.has);
            (self.has, self.parts) = (at + part.len() as u64, self.parts + 1);
            Ok(())
        }

        async fn get(&mut self, _: &BlobId, _: Range<u64>) -> Result<Vec<u8>, Trouble> {
            Err(Trouble::Lost)
        }
    }

    fn sent(steps: usize) -> (UploadStep, Takes) {
        let outside = Stores { steps: Cell::new(steps), file: (0..LENGTH).map(|at| at as u8).collect() };
        let job = UploadJob {
            id: 1,
            source: String::new(),
            name: "numbers".into(),
            original: true,
            sort: FileSort::Found,
            secret: AttachmentSecret { key: [1; 32], salt: [2; 32] },
            delete_hash: Hash32([3; 32]),
            begun: None,
            bearer: Bearer::new([4; 32]),
        };
        let mut server = Takes::default();
        let step = crate::now(run(job, &outside, &mut server));
        (step, server)
    }

    #[test]
    fn a_voice_message_has_the_type_of_sound_whatever_its_container() {
        let webm = Kind::Video(media::VideoFormat::Matroska);
        let said = |kind, sort| as_it_is(kind, sort).media_type;
        assert_eq!(said(webm, FileSort::Voice), "audio/webm");
        assert_eq!(said(Kind::Voice, FileSort::Voice), "audio/mp4");
        assert_eq!(said(webm, FileSort::Found), "video/webm");
    }

    #[test]
    fn a_part_whose_checkpoint_is_not_stored_never_leaves() {
        for steps in [0, 1, 2, 3] {
            let (step, server) = sent(steps);
            assert!(matches!(step, UploadStep::Interrupted), "{step:?}");
            // The first step is that it began.
            assert_eq!(server.parts, steps.saturating_sub(1));
        }
    }

    #[test]
    fn the_server_is_asked_once_what_it_has_and_all_of_it_arrives_in_order() {
        let (step, server) = sent(usize::MAX);
        assert!(matches!(step, UploadStep::Done(_)), "{step:?}");
        let all = Layout::of(LENGTH as u64).unwrap().stored_len();
        assert_eq!((server.asked, server.parts, server.has), (1, 3, all));
    }
}
