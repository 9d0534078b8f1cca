//! Inputs of handlers: several steps, one after the other.

/// Parts of an input, at most so many: a byte, two bytes of length, and so many bytes.
pub fn steps(data: &[u8], most: usize) -> Vec<(u8, &[u8])> {
    let (mut rest, mut steps) = (data, Vec::new());
    while let [act, high, low, tail @ ..] = rest {
        let (bytes, tail) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])).min(tail.len()));
        steps.push((*act, bytes));
        rest = tail;
        if steps.len() == most {
            break;
        }
    }
    steps
}

/// One step, as [`steps`] reads it.
pub fn step(act: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[act], &length[..], bytes].concat()
}
