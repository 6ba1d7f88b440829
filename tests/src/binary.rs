//! The binary as people have it: commands that end, and services in processes of their own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::wait::{PATIENCE, eventually};

/// Where cargo puts it: two folders above the test that runs, in the same profile.
///
/// # Panics
/// Where it was not built.
fn path() -> PathBuf {
    let test = std::env::current_exe().expect("the test that runs");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("the folder of a profile");
    let path = profile.join("xiuhua");
    assert!(path.exists(), "build it first, in the same profile: cargo build -p xiuhua");
    path
}

/// The binary with nothing in its environment.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub out: String,
    /// What it said besides.
    pub said: String,
}

/// Runs a command to its end.
///
/// # Panics
/// Where it does not run, is killed, or prints what is no text.
pub async fn run(arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let ran = ran.expect("a command that runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran { code: ran.status.code().expect("an exit code"), out: text(ran.stdout), said: text(ran.stderr) }
}

/// An address on loopback at which nobody listens.
///
/// # Panics
/// Where there is none.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// A service in a process of its own. It is killed where it is not stopped.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts `xiuhua serve` with these arguments and an address.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn serve(which: &str, address: &str, options: &[String]) -> Self {
        let mut arguments = vec!["serve", which, "--listen", address];
        // A test needs nobody to hear of its end before it ends.
        arguments.extend(["--set", "shutdown.announce_milliseconds=0", "--set", "log.filter=error"]);
        arguments.extend(["--set", "shutdown.ready_interval_milliseconds=100"]);
        arguments.extend(options.iter().map(String::as_str));
        let child = command(&arguments).stdout(Stdio::null()).spawn().expect("a process");
        Self { child, address: address.to_owned() }
    }

    /// Waits until its health says that it serves.
    ///
    /// # Panics
    /// Where it does not within the patience of tests.
    pub async fn ready(&self) {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).expect("an address");
        let channel = eventually("a listener", async || endpoint.connect().await.ok()).await;
        let mut client = HealthClient::new(channel);
        let serving = async {
            let request = HealthCheckRequest { service: String::new() };
            let mut states = client.watch(request).await.expect("health").into_inner();
            while let Some(state) = states.message().await.expect("health") {
                if state.status() == ServingStatus::Serving {
                    return;
                }
            }
            panic!("{} has ended", self.address);
        };
        tokio::time::timeout(PATIENCE, serving).await.expect("a service that becomes ready");
    }

    /// Tells it to stop, as the system does, and waits for its end.
    ///
    /// # Panics
    /// Where it cannot be told.
    pub async fn stop(mut self) -> ExitStatus {
        let told = Command::new("/bin/sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(told.expect("a shell").success(), "the process is gone");
        let ended = tokio::task::spawn_blocking(move || self.child.wait());
        ended.await.expect("a thread").expect("an end")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it has ended, there is nothing to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
