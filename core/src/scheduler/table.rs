//! Dense tables: nodes and resources are small numbers, and everything known of them is in a row.
//!
//! In: values pushed in order. Out: constant-time access by id. Never here: names.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A number that stands for one thing within one decision.
pub trait Id: Copy + Eq + Ord {
    /// The id of the row at this place.
    fn new(at: usize) -> Self;
    /// The place of its row.
    fn at(self) -> usize;
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Id for $name {
            fn new(at: usize) -> Self {
                Self(at as u32)
            }
            fn at(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id_type!(
    /// A node; lower numbers have earlier names.
    NodeId
);
id_type!(
    /// A resource or instance, in the order they came to be.
    ResourceId
);
id_type!(
    /// An action of the transition, in the order of creation.
    ActionId
);

/// Rows by id. An id of another table, or of another decision, is a fault of ours: it may panic.
#[derive(Clone, Debug)]
pub struct Table<I, T> {
    rows: Vec<T>,
    of: PhantomData<I>,
}

impl<I: Id, T> Table<I, T> {
    /// A table without rows.
    pub const fn new() -> Self {
        Self { rows: Vec::new(), of: PhantomData }
    }

    /// The first row gets the first id.
    pub fn from_rows(rows: Vec<T>) -> Self {
        Self { rows, of: PhantomData }
    }

    /// Adds a row and gives its id.
    pub fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::new(self.rows.len() - 1)
    }

    /// Gives back what room is left for more rows.
    pub fn shrink_to_fit(&mut self) {
        self.rows.shrink_to_fit();
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// In order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.rows.len()).map(I::new)
    }

    /// In the order of ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.rows.iter().enumerate().map(|(at, row)| (I::new(at), row))
    }

    /// All rows, in the order they came.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// All rows, to be changed.
    pub fn rows_mut(&mut self) -> &mut [T] {
        &mut self.rows
    }
}

impl<I: Id, T> Default for Table<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.rows[id.at()]
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.rows[id.at()]
    }
}
