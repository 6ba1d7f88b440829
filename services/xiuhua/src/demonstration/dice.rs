//! The only source of chance of the demonstration: ChaCha with a seed, one independent stream for each
//! purpose and county. The draws are built on raw 64-bit words alone, so that a new version of the random
//! library cannot change the rows.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What chance is needed for; each purpose has its own stream, so that one sheet's draws never move
/// another's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Places = 1,
    Population = 2,
    Renovation = 3,
    Relief = 4,
    Fate = 5,
    Incomes = 6,
    Exits = 7,
    Appraisals = 8,
    Relocation = 9,
    WaterWorks = 10,
    WaterChecks = 11,
    Removals = 12,
    Changes = 13,
    PartnerAid = 14,
    Benefits = 15,
    ExitIncomes = 16,
}

/// A seeded source of draws.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of `purpose` in the county at position `county`.
    pub(super) fn new(seed: u64, purpose: Purpose, county: usize) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream((purpose as u64) << 16 | county as u64);
        Self(generator)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // The high word of a 128-bit product: no modulo, and a bias below 2^-40 for every bound used here.
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included; `low` where the range is empty.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(usize::try_from(high - low + 1).unwrap_or(0)) as i32
    }

    /// Whether something happens that happens `permille` times in a thousand.
    pub(super) fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille as usize
    }

    /// One of `items`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A position, as often as its weight says; the weights must not all be 0.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum::<u32>() as usize) as u32;
        let mut chosen = 0;
        for (position, weight) in weights.enumerate() {
            chosen = position;
            if left < weight {
                break;
            }
            left -= weight;
        }
        chosen
    }

    /// Brings `items` into a random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Splits `total` in proportion to `weights` by largest remainders: the parts always sum to `total`.
pub(super) fn allot(total: usize, weights: &[usize]) -> Vec<usize> {
    let sum = weights.iter().sum::<usize>().max(1);
    let mut parts: Vec<usize> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&position| (std::cmp::Reverse(total * weights[position] % sum), position));
    let missing = total - parts.iter().sum::<usize>();
    for position in order.into_iter().take(missing) {
        parts[position] += 1;
    }
    parts
}

/// Adds and takes ones, from 1 to each value's limit, until the values sum to `total`, or as near as the
/// limits let.
pub(super) fn meet(dice: &mut Dice, values: &mut [usize], limits: &[usize], total: usize) {
    let mut sum: usize = values.iter().sum();
    let total = total.clamp(values.len(), limits.iter().sum::<usize>().max(values.len()));
    while sum != total {
        let position = dice.below(values.len());
        let value = &mut values[position];
        if sum < total && *value < limits[position] {
            (*value, sum) = (*value + 1, sum + 1);
        } else if sum > total && *value > 1 {
            (*value, sum) = (*value - 1, sum - 1);
        }
    }
}
