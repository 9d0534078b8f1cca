//! What can be wrong with content.

/// Why bytes are not content, or why content cannot be sent.
///
/// Every value is a fact about the bytes at hand. None of them says how far the reader came: a refusal tells its sender no more than that it was one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    // They misbehaved: not deterministic CBOR (RFC 8949 section 4.2.1).
    #[error("the content is larger than CONTENT_MAX")]
    TooLarge,
    #[error("the content ends too early")]
    Truncated,
    #[error("bytes follow the content")]
    Trailing,
    #[error("a CBOR item of another type than its place asks for")]
    UnexpectedType,
    #[error("a number or a length is not in its shortest form")]
    NotShortest,
    #[error("an item of indefinite length")]
    Indefinite,
    #[error("a text that is not UTF-8")]
    NotUtf8,
    #[error("map keys are unsorted or double")]
    MapOrder,
    #[error("a map key that is neither integer, text nor bytes, or an integer above 2^53")]
    MapKey,
    #[error("a NaN other than the one allowed")]
    NotANumber,
    #[error("nested too deeply")]
    TooDeep,

    // They misbehaved: not MIMI content (draft-ietf-mimi-content-08).
    #[error("an array has another number of items than its place asks for")]
    ArrayLength,
    #[error("bytes have another length than their place asks for")]
    BytesLength,
    #[error("a number is too large for its place")]
    NumberTooLarge,
    #[error("a message id with an unknown hash algorithm")]
    MessageIdAlgorithm,
    #[error("a topic id of more than 4096 bytes")]
    TopicTooLong,
    #[error("an extension's key is empty or too long")]
    ExtensionKey,
    #[error("more parts than CONTENT_PARTS_MAX")]
    TooManyParts,
    #[error("a multipart of fewer than two parts")]
    TooFewParts,
    #[error("an unknown cardinality")]
    Cardinality,
    #[error("unknown part semantics")]
    PartSemantics,
    #[error("an external part has a key but no algorithm")]
    KeyWithoutAlgorithm,
    #[error("a URI of more than 65535 bytes")]
    UriTooLong,

    // They misbehaved: leaves that do not fit together (docs/spec/content.md, "Leaves").
    #[error("another number of leaves than the description asks for")]
    LeafCount,
    #[error("a description that is not blank where a leaf belongs")]
    LeafNotBlank,

    // A known kind of another shape: received it is shown by its fallback, sent it is refused.
    #[error("not the shape of its kind")]
    Shape,
    #[error("a text of the kind is empty")]
    Empty,
    #[error("a text or list of the kind is too long")]
    TooLong,
    #[error("a number of the kind is out of its range")]
    OutOfRange,
    #[error("a list of the kind is unsorted or has doubles")]
    Unsorted,
    #[error("an attachment's key is withheld where it is needed")]
    Withheld,
    #[error("the content would not be read back as it was meant")]
    NotItself,
}
