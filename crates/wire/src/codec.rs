//! Bytes to checked messages and back (docs/spec/wire.md). What decodes here keeps every limit of [`crate::limits`]: nobody checks again.

mod fields;
mod request;
mod response;

use crate::call::{Ack, Frame, Push, Record, Request, Response, Signal};
use crate::{ids::Seq, limits, proto};
use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// Why bytes are not a message of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("longer than a frame may be")]
    TooLong,
    #[error("not protobuf of this schema")]
    NotProtobuf,
    /// A newer peer may say things that this one does not know.
    #[error("a kind of message unknown here")]
    UnknownKind,
    #[error("an id, key or signature of another length")]
    WrongLength,
    #[error("a part that must be there is missing")]
    Missing,
    #[error("an enum without a known value")]
    Unspecified,
    #[error("more or larger than its limit")]
    OverLimit,
}

impl Frame {
    /// One WebSocket binary message.
    pub fn encode(&self) -> Bytes {
        let (id, body) = match self {
            Self::Request { id, request } => (*id, proto::frame::Body::Request(request.into())),
            Self::Response { id, response } => (*id, proto::frame::Body::Response(response.into())),
            Self::Push(push) => (0, proto::frame::Body::Push(push.into())),
            Self::Acks(acks) => {
                let acks = acks.iter().map(|ack| proto::Ack { number: ack.number, seq: ack.seq.0 }).collect();
                (0, proto::frame::Body::Acks(proto::Acks { acks }))
            }
            Self::Heard(signal) => (0, proto::frame::Body::Heard(proto::Heard { number: signal.number, sealed: signal.sealed.clone() })),
        };
        proto::Frame { id, body: Some(body) }.encode_to_vec().into()
    }

    /// Records and other long fields share the memory of `bytes`: who keeps one for longer than the message copies it.
    ///
    /// # Errors
    /// Whatever breaks the schema or a limit; [`frame_id`] still names the request that wants an answer.
    pub fn decode(bytes: Bytes) -> Result<Self, Malformed> {
        let frame: proto::Frame = parse(bytes)?;
        Ok(match frame.body.ok_or(Malformed::UnknownKind)? {
            proto::frame::Body::Request(request) => Self::Request { id: frame.id, request: request.try_into()? },
            proto::frame::Body::Response(response) => Self::Response { id: frame.id, response: response.try_into()? },
            proto::frame::Body::Push(push) => Self::Push(push.try_into()?),
            proto::frame::Body::Acks(acks) => {
                fields::at_most(acks.acks.len(), limits::SUBSCRIPTIONS_MAX)?;
                Self::Acks(acks.acks.into_iter().map(|ack| Ack { number: ack.number, seq: Seq(ack.seq) }).collect())
            }
            proto::frame::Body::Heard(m) => {
                Self::Heard(Signal { number: m.number, sealed: fields::exactly(m.sealed, limits::SIGNAL_LEN)? })
            }
        })
    }
}

impl Request {
    /// The body of `POST /v1/{Service}/{Method}`.
    pub fn encode(&self) -> Bytes {
        proto::Request::from(self).encode_to_vec().into()
    }

    /// # Errors
    /// Whatever breaks the schema or a limit.
    pub fn decode(bytes: Bytes) -> Result<Self, Malformed> {
        parse::<proto::Request>(bytes)?.try_into()
    }
}

impl Response {
    /// The body of an answer to a POST.
    pub fn encode(&self) -> Bytes {
        proto::Response::from(self).encode_to_vec().into()
    }

    /// # Errors
    /// Whatever breaks the schema or a limit.
    pub fn decode(bytes: Bytes) -> Result<Self, Malformed> {
        parse::<proto::Response>(bytes)?.try_into()
    }
}

/// The id of a frame whose body may be malformed, so that its sender can be told; 0 if even that is unreadable.
pub fn frame_id(bytes: &[u8]) -> u64 {
    #[derive(Clone, PartialEq, Message)]
    struct Id {
        #[prost(uint64, tag = "1")]
        id: u64,
    }
    if bytes.len() > limits::FRAME_MAX { 0 } else { Id::decode(bytes).map_or(0, |frame| frame.id) }
}

fn parse<M: Message + Default>(bytes: Bytes) -> Result<M, Malformed> {
    if bytes.len() > limits::FRAME_MAX {
        return Err(Malformed::TooLong);
    }
    let length = bytes.len();
    let message = M::decode(bytes).map_err(|_| Malformed::NotProtobuf)?;
    // Fields that nobody knows, or that are said twice, would be held with the others, and counted by nobody.
    if length <= SHARED || message.encoded_len() >= length / 2 {
        return Ok(message);
    }
    M::decode(Bytes::from(message.encode_to_vec())).map_err(|_| Malformed::NotProtobuf)
}

/// A message up to this length is not looked through for what it holds beside itself.
const SHARED: usize = 4096;

// A push to a thousand subscribers differs only in `number`: the records are encoded once and each connection adds its own head and tail.

/// A record as one element of `Push.records` or `Page.records`, ready to stand between the head and the tail of [`push_frame`].
pub fn encode_record(record: &Record) -> Bytes {
    let stamp = proto::Stamp::from(&record.stamp);
    let (stamp_len, record_len) = (stamp.encoded_len(), record.record.len());
    let body = 2 + encoded_len_varint(stamp_len as u64) + stamp_len + encoded_len_varint(record_len as u64) + record_len;
    let mut out = BytesMut::with_capacity(1 + encoded_len_varint(body as u64) + body);
    encode_key(RECORDS_TAG, WireType::LengthDelimited, &mut out);
    encode_varint(body as u64, &mut out);
    encode_key(1, WireType::LengthDelimited, &mut out);
    encode_varint(stamp_len as u64, &mut out);
    stamp.encode_raw(&mut out);
    encode_key(2, WireType::LengthDelimited, &mut out);
    encode_varint(record_len as u64, &mut out);
    out.put_slice(&record.record);
    out.freeze()
}

const RECORDS_TAG: u32 = 2;
const PUSH_TAG: u32 = 4;

/// The bytes of a [`Frame::Push`] made of records that [`encode_record`] gave: equal to what [`Frame::encode`] would give.
pub fn push_frame<'a>(number: u32, records: impl Iterator<Item = &'a Bytes> + Clone, ended: Ended) -> Bytes {
    let shared: usize = records.clone().map(Bytes::len).sum();
    let head = if number == 0 { 0 } else { 1 + encoded_len_varint(u64::from(number)) };
    let tail = if ended == Ended::Yes { 2 } else { 0 };
    let body = head + shared + tail;
    let mut out = BytesMut::with_capacity(1 + encoded_len_varint(body as u64) + body);
    encode_key(PUSH_TAG, WireType::LengthDelimited, &mut out);
    encode_varint(body as u64, &mut out);
    if number != 0 {
        prost::encoding::uint32::encode(1, &number, &mut out);
    }
    records.for_each(|record| out.put_slice(record));
    if ended == Ended::Yes {
        prost::encoding::bool::encode(3, &true, &mut out);
    }
    out.freeze()
}

/// Whether a push is the last of its subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    No,
    /// The pass was dropped or swapped with the last record of the push.
    Yes,
}

impl From<&Push> for proto::Push {
    fn from(push: &Push) -> Self {
        Self { number: push.number, records: push.records.iter().map(Into::into).collect(), ended: push.ended }
    }
}

impl TryFrom<proto::Push> for Push {
    type Error = Malformed;
    fn try_from(push: proto::Push) -> Result<Self, Malformed> {
        Ok(Self { number: push.number, records: fields::each(push.records, limits::PAGE_RECORDS, TryInto::try_into)?, ended: push.ended })
    }
}
