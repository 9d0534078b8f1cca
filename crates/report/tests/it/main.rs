//! Reports of a small world, made as a client makes them and attacked as others would.

mod honest;
mod hostile;
mod release;
mod sealed;
mod vectors;
mod world;
