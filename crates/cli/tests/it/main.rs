//! The real program against a real server: every command, real files, power cuts, and what the server keeps.

mod desks;
mod dropped;
mod faults;
mod files;
mod groups;
mod joins;
mod keeps;
mod kill;
mod neighbours;
mod newcomer;
mod operator;
mod refusals;
mod reports;
mod safety;
mod scan;
mod straight_line;
mod whole;
mod words;
mod world;
