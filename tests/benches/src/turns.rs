//! Suite and limit in turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Calls under way at a time.
pub(crate) const IN_FLIGHT: usize = 16;

/// Turns of each.
const TURNS: usize = 10;

/// The figures of all turns.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    figures: Vec<[f64; 2]>,
    /// Milliseconds of each call: the suite's and the limit's.
    calls: [Vec<f64>; 2],
}

/// How long calls took, ms: half of them no longer than the first, 99 of 100 no longer than the second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Of the suite.
    pub suite: [f64; 2],
    /// Of the limit.
    pub limit: [f64; 2],
}

impl Turns {
    /// Adds a turn: the suite's figure and the limit's.
    pub(crate) fn add(&mut self, suite: f64, limit: f64) {
        self.figures.push([suite, limit]);
    }

    pub(crate) fn suite(&self) -> f64 {
        median(self.figures.iter().map(|turn| turn[0]).collect())
    }

    pub(crate) fn limit(&self) -> f64 {
        median(self.figures.iter().map(|turn| turn[1]).collect())
    }

    /// The median of each turn's own ratio: what disturbs the machine for longer than a turn disturbs both.
    pub(crate) fn ratio(&self) -> f64 {
        median(self.figures.iter().map(|turn| turn[0] / turn[1]).collect())
    }

    /// How long calls took, where they were looked at one by one.
    pub(crate) fn latency(&self) -> Option<Latency> {
        let [suite, limit] = self.calls.each_ref().map(|calls| percentiles(calls.clone()));
        Some(Latency { suite: suite?, limit: limit? })
    }
}

fn percentiles(mut calls: Vec<f64>) -> Option<[f64; 2]> {
    calls.sort_by(f64::total_cmp);
    let last = calls.len().checked_sub(1)?;
    Some([calls[last / 2], calls[last * 99 / 100]])
}

/// The middle one; the mean of the two in the middle where their number is even.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => f64::midpoint(values[length / 2 - 1], values[length / 2]),
    }
}

/// Seconds since then.
pub(crate) fn seconds_since(begin: Instant) -> f64 {
    Instant::now().duration_since(begin).as_secs_f64()
}

/// A call, told its number, that can run beside others.
pub(crate) type Work = Arc<dyn Fn(usize) -> BoxFuture<'static, ()> + Send + Sync>;

/// Makes a call of a function.
pub(crate) fn work<F, R>(call: F) -> Work
where
    F: Fn(usize) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    Arc::new(move |number| Box::pin(call(number)))
}

/// Calls a second of two kinds of work, each with [`IN_FLIGHT`] under way, in turns that share `time`; who is first
/// changes from turn to turn. One turn of each is for warming up and not counted.
pub(crate) async fn throughput(time: Duration, suite: &Work, limit: &Work) -> Turns {
    let turn = time / u32::try_from(2 * (TURNS + 1)).expect("a few turns");
    let numbers: [Arc<AtomicUsize>; 2] = Default::default();
    let mut turns = Turns::default();
    for index in 0..=TURNS {
        let mut reached = [0.0; 2];
        for who in if index % 2 == 0 { [0, 1] } else { [1, 0] } {
            let (rate, calls) = rate(turn, &numbers[who], [suite, limit][who]).await;
            reached[who] = rate;
            if index > 0 {
                turns.calls[who].extend(calls);
            }
        }
        if index > 0 {
            turns.add(reached[0], reached[1]);
        }
    }
    turns
}

/// Calls a second within a time, and the milliseconds of each.
async fn rate(time: Duration, number: &Arc<AtomicUsize>, work: &Work) -> (f64, Vec<f64>) {
    let begin = Instant::now();
    let lane = || {
        let (number, work) = (Arc::clone(number), Arc::clone(work));
        tokio::spawn(async move {
            let mut calls = Vec::new();
            while Instant::now().duration_since(begin) < time {
                let call = Instant::now();
                work(number.fetch_add(1, Ordering::Relaxed)).await;
                calls.push(seconds_since(call) * 1e3);
            }
            calls
        })
    };
    let lanes: Vec<_> = (0..IN_FLIGHT).map(|_| lane()).collect();
    let mut calls = Vec::new();
    for lane in lanes {
        calls.extend(lane.await.expect("a call that works"));
    }
    let done = f64::from(u32::try_from(calls.len()).expect("a bounded time"));
    (done / seconds_since(begin), calls)
}
