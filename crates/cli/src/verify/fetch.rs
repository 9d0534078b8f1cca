//! What the server that a report names says of itself, asked now: its identity and its stamp key, as every client hears them first. It vouches for no
//! account: those it tells to nobody who was not given a way to them.

use super::Failure;
use crate::net::{Address, Connection, NetError};
use client::{VERSION, is_genuine};
use report::exhibit::one_line;
use report::trust::Fetched;
use std::time::Duration;
use wire::Hash32;
use wire::call::{Frame, Request, Response};

/// How long a server that was reached may take to greet.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks at the address in a report, which whoever made it wrote there: over TLS with public roots, or on this machine alone.
///
/// # Errors
/// Nobody was reached there, or they answer as no server does.
pub fn fetched(server: &str) -> Result<Fetched, Failure> {
    // Errors say the address on a terminal.
    let address = Address::parse(&one_line(server)).map_err(Failure::NotFetched)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Machine)?;
    runtime.block_on(greeting(&address))
}

async fn greeting(address: &Address) -> Result<Fetched, Failure> {
    let mut connection = Connection::open(address).await.map_err(Failure::NotFetched)?;
    let request = Request::Hello { versions: vec![VERSION], features: vec![] };
    let answer = async {
        connection.send(vec![Frame::Request { id: 1, request }]).await?;
        connection.next().await
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    let answer = answer.map_err(|_| Failure::NotFetched(NetError::Slow(address.url.clone())))?;
    connection.close().await;
    let Ok(Frame::Response { response: Response::Welcome(welcome), .. }) = answer else {
        return Err(Failure::NotGreeted(address.url.clone()));
    };
    if !is_genuine(&welcome) {
        return Err(Failure::NotGreeted(address.url.clone()));
    }
    let host = address.url.split("://").nth(1).unwrap_or_default().to_owned();
    Ok(Fetched { host, identity: Hash32(welcome.server), stamp_key: Hash32(welcome.stamp_key) })
}
