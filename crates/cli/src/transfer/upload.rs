//! One upload: prepared (photos and videos cleaned), sealed part by part, sent. Every step that a restart must know is told to the client and
//! stored before it is taken.

use super::http::{Http, HttpError};
use crate::net::Address;
use bytes::Bytes;
use client::{Begun, SourceStamp, UploadJob, UploadStep, Uploaded};
use media::clean::{CleanError, Patched};
use media::stream::{AttachmentKey, Checkpoint, Salt, SealError, Sealed, Sealer};
use media::{Kind, Prepared, Wish};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use view::Refusal;
use wire::call::{Refusal as Refused, Request, Response, UploadId};
use wire::content::Class;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// A step of one upload, answered when it is stored.
pub struct Report {
    pub id: i64,
    pub step: UploadStep,
    pub stored: oneshot::Sender<()>,
}

/// What an upload needs beside its job.
pub struct Around {
    pub address: Address,
    /// Cleaned photos lie here without a name until they are sent.
    pub folder: PathBuf,
    pub reports: mpsc::UnboundedSender<Report>,
    /// Bytes that have left.
    pub sent: Arc<AtomicU64>,
    /// Bytes there are, once known.
    pub total: Arc<AtomicU64>,
}

/// How an upload ended that did not succeed.
enum Ended {
    Anew,
    Interrupted,
    Failed(Refusal),
}

/// A source that is ready to be sealed.
struct Ready {
    reader: Box<dyn Read + Send>,
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

/// Runs an upload to its end and reports how it ended.
pub async fn run(job: UploadJob, around: Around) {
    let id = job.id;
    let step = match upload(job, &around).await {
        Ok(uploaded) => UploadStep::Done(Box::new(uploaded)),
        Err(Ended::Anew) => UploadStep::Anew,
        Err(Ended::Interrupted) => {
            tokio::time::sleep(PAUSE).await;
            UploadStep::Interrupted
        }
        Err(Ended::Failed(why)) => UploadStep::Failed(why),
    };
    tell(id, &around, step).await;
}

async fn tell(id: i64, around: &Around, step: UploadStep) {
    let (stored, done) = oneshot::channel();
    // Without a shell there is nobody to tell: the next program goes on from what is stored.
    if around.reports.send(Report { id, step, stored }).is_ok() {
        let _ = done.await;
    }
}

async fn upload(job: UploadJob, around: &Around) -> Result<Uploaded, Ended> {
    let (source, original, folder) = (job.source.clone(), job.original, around.folder.clone());
    let ready = blocking(move || open(Path::new(&source), original, &folder)).await?;
    if job.begun.as_ref().is_some_and(|begun| begun.source != ready.stamp) {
        return Err(Ended::Anew);
    }
    let Ready { reader, length, stamp, said } = ready;
    let sealed = seal_and_send(&job, around, reader, length, stamp).await.map_err(|ended| ended.of(&job.name))?;
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
        original,
    })
}

async fn seal_and_send(
    job: &UploadJob,
    around: &Around,
    mut reader: Box<dyn Read + Send>,
    length: u64,
    stamp: SourceStamp,
) -> Result<Sealed, Ended> {
    use std::sync::atomic::Ordering::Relaxed;
    let (key, salt) = (AttachmentKey::new(job.secret.key), Salt(job.secret.salt));
    let mut http = Http::connect(&around.address, job.bearer.clone()).await.map_err(|_| Ended::Interrupted)?;
    let mut part = Vec::new();
    let (upload, mut sealer, mut pending) = match &job.begun {
        Some(Begun { upload, checkpoint: Some(checkpoint), .. }) => {
            let checkpoint = <[u8; Checkpoint::LEN]>::try_from(checkpoint.as_slice()).map_err(|_| Ended::Anew)?;
            let replay = blocking(move || {
                let sealer = Sealer::resume(&key, &salt, length, &Checkpoint::from_bytes(&checkpoint), &mut reader, &mut part)?;
                Ok::<_, SealError>((sealer, reader, part))
            });
            let (sealer, back, last) = replay.await?;
            (reader, part) = (back, last);
            (*upload, sealer, true)
        }
        begun => {
            let sealer = Sealer::new(&key, &salt, length)?;
            let upload = match begun {
                Some(begun) => begun.upload,
                None => create(&mut http, job, sealer.layout().stored_len()).await?,
            };
            tell(job.id, around, UploadStep::Began { upload, source: stamp }).await;
            (upload, sealer, false)
        }
    };
    around.total.store(sealer.layout().stored_len(), Relaxed);
    loop {
        if !pending {
            let next = blocking(move || {
                let checkpoint = sealer.part(&mut reader, &mut part)?;
                Ok::<_, SealError>((sealer, reader, part, checkpoint))
            });
            let (back, source, filled, checkpoint) = next.await?;
            (sealer, reader, part) = (back, source, filled);
            let Some(checkpoint) = checkpoint else { break };
            tell(job.id, around, UploadStep::Checkpoint(checkpoint.to_bytes().to_vec())).await;
        }
        pending = false;
        send_part(&mut http, &upload, &sealer, std::mem::take(&mut part), around).await?;
    }
    let sealed = sealer.finish()?;
    match http.call("/v1/Blob/Complete", &Request::CompleteBlob { upload, blob: sealed.blob }).await {
        Ok(Response::Stored { .. }) => Ok(sealed),
        Ok(_) => Err(Ended::Interrupted),
        Err(error) => Err(error.into()),
    }
}

async fn create(http: &mut Http, job: &UploadJob, length: u64) -> Result<UploadId, Ended> {
    match http.call("/v1/Blob/Create", &Request::CreateBlob { length, delete_hash: job.delete_hash }).await {
        Ok(Response::Upload { upload, .. }) => Ok(upload),
        Ok(_) => Err(Ended::Interrupted),
        Err(error) => Err(error.into()),
    }
}

/// Sends what the server does not have of the sealer's last part.
async fn send_part(http: &mut Http, upload: &UploadId, sealer: &Sealer, part: Vec<u8>, around: &Around) -> Result<(), Ended> {
    let range = sealer.last_part();
    let at = http.offset(upload).await?;
    if at >= range.end {
        return Ok(());
    }
    // The server has less than has left before: it is not the one that took those bytes.
    let skip = at.checked_sub(range.start).ok_or(Ended::Anew)?;
    let rest = Bytes::from(part).slice(usize::try_from(skip).map_err(|_| Ended::Anew)?..);
    http.patch(upload, at, rest, Arc::clone(&around.sent)).await?;
    Ok(())
}

/// Looks at the file and gets it ready.
fn open(path: &Path, original: bool, folder: &Path) -> Result<Ready, Ended> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let unreadable = |error: std::io::Error| Ended::Failed(Refusal::FileUnreadable { name: name.clone(), why: error.to_string() });
    let mut file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(Ended::Failed(Refusal::FileUnreadable { name, why: "it is not a file".into() }));
    }
    let time = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos() as i64);
    let stamp = SourceStamp { length: meta.len(), time };
    let wish = if original { Wish::Original } else { Wish::Shown };
    let cannot = |error: CleanError| {
        Ended::Failed(match error {
            CleanError::Source(kind) => Refusal::FileUnreadable { name: name.clone(), why: kind.to_string() },
            CleanError::Sink(kind) => unwritable(kind),
            _ => Refusal::CannotClean { name: name.clone() },
        })
    };
    let prepared = media::prepare(&mut file, wish).map_err(cannot)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    match prepared {
        Prepared::Photo => {
            let unwritten = |error: std::io::Error| Ended::Failed(unwritable(error.kind()));
            let mut clean = tempfile::tempfile_in(folder).map_err(unwritten)?;
            let photo = media::clean::photo(&mut file, &mut clean).map_err(cannot)?;
            clean.flush().map_err(unwritten)?;
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
            let class = if video.size.is_some() { Class::Video } else { Class::File };
            let said =
                Said { class, media_type: video.media_type.into(), dimensions: video.size, duration: video.duration_ms, thumbnail: vec![] };
            let reader = Patched::new(file, video.plan).map_err(unreadable)?;
            Ok(Ready { reader: Box::new(reader), length: stamp.length, stamp, said })
        }
        Prepared::AsIs(kind) => Ok(Ready { reader: Box::new(file), length: stamp.length, stamp, said: as_it_is(kind) }),
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

fn as_it_is(kind: Kind) -> Said {
    Said { class: Class::File, media_type: kind.media_type().into(), dimensions: None, duration: None, thumbnail: vec![] }
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

impl From<HttpError> for Ended {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Refused(Refused::NotFound | Refused::HashMismatch | Refused::Conflict) => Self::Anew,
            HttpError::Refused(refusal @ (Refused::Quota | Refused::TooLarge { .. })) => Self::Failed(client::server_refused(refusal)),
            _ => Self::Interrupted,
        }
    }
}

/// Work that reads files or hashes much runs beside the loop.
async fn blocking<T: Send + 'static, E: Into<Ended> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Ended> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Ended::Interrupted)?.map_err(Into::into)
}
