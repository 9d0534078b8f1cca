//! Reports of a small world, made as a client makes them and attacked as others would.

mod answers;
mod forgeries;
mod honest;
mod hostile;
mod release;
mod screens;
mod sealed;
mod told;
mod vectors;
mod world;
