//! A stable merge sort that never fails, even where "older" is not a consistent order.
//!
//! In: a list and a comparison. Out: the list sorted. The way of halving is part of the result when a
//! comparison contradicts itself, as the ages of operation records can, so it is fixed here.

use std::cmp::Ordering;

/// Equal items keep their order; what is compared may not be a total order, and who is compared with whom
/// decides then: the steps are Pacemaker's.
pub fn merge_sort<T>(mut items: Vec<T>, compare: &impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    // The second half gets the odd one.
    let second = items.split_off(items.len() / 2);
    let first = merge_sort(items, compare);
    let second = merge_sort(second, compare);
    merge(first, second, compare)
}

fn merge<T>(first: Vec<T>, second: Vec<T>, compare: &impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    loop {
        match (first.peek(), second.peek()) {
            (Some(left), Some(right)) if compare(left, right) == Ordering::Greater => merged.extend(second.next()),
            (Some(_), _) => merged.extend(first.next()),
            (None, _) => {
                merged.extend(second);
                return merged;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merge_sort;
    use std::cmp::Ordering;

    #[test]
    fn equal_items_keep_their_order() {
        let items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd'), (0, 'e')];
        let sorted = merge_sort(items, &|l, r| l.0.cmp(&r.0));
        assert_eq!(sorted, vec![(0, 'e'), (1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }

    #[test]
    fn where_the_order_contradicts_itself_the_halving_decides() {
        // Rock, paper, scissors: each is less than the next.
        let compare = |l: &i32, r: &i32| if (l + 1) % 3 == *r { Ordering::Less } else { Ordering::Greater };
        assert_eq!(merge_sort(vec![0, 2, 1], &compare), [0, 1, 2]);
        assert_eq!(merge_sort(vec![1, 0, 2], &compare), [1, 2, 0]);
    }
}
