//! The real program against a real server: every command, real files, power cuts, and what the server keeps.

mod files;
mod groups;
mod neighbours;
mod operator;
mod refusals;
mod straight_line;
mod world;
