//! The connection to the server: a WebSocket of the page's own origin.

use crate::js::Lost;
use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, MessageEvent, WebSocket};
use wire::call::Frame;

/// What a connection says.
pub enum Said {
    Open,
    Frame(Box<Frame>),
    /// It is over, or it said what cannot be read.
    Closed,
}

/// One connection; closed with its value.
pub struct Socket {
    socket: WebSocket,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut()>,
}

impl Socket {
    /// # Errors
    /// The address is none, or the browser allows no connection.
    pub fn open(url: &str, hear: impl Fn(Said) + Clone + 'static) -> Result<Self, Lost> {
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let heard = hear.clone();
        let open = Closure::<dyn FnMut()>::new(move || heard(Said::Open));
        let heard = hear.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let frame = event.data().dyn_into::<ArrayBuffer>().ok().map(|buffer| Uint8Array::new(&buffer).to_vec());
            let frame = frame.and_then(|bytes| Frame::decode(Bytes::from(bytes)).ok());
            heard(frame.map_or(Said::Closed, |frame| Said::Frame(Box::new(frame))));
        });
        let close = Closure::<dyn FnMut()>::new(move || hear(Said::Closed));
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Ok(Self { socket, _open: open, _message: message, _close: close })
    }

    /// Sends a frame; what becomes of it, the connection tells.
    pub fn send(&self, frame: &Frame) {
        // Fails only when the connection is over, and then it says so.
        let _ = self.socket.send_with_u8_array(&frame.encode());
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
