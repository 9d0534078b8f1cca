//! The real server on a free port of this machine, asked by a small client over real sockets.

mod blobs;
mod client;
mod hostile;
mod life;
mod logs;
mod outside;
mod patience;
mod tls;
mod wakes;
