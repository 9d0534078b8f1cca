//! A list that is shown and then changes: which of its rows stay, and which of those need not be moved. A row that is moved loses the focus.

/// Where each of `now` stood before; none: it is new.
pub fn places<K: PartialEq>(before: &[K], now: &[K]) -> Vec<Option<usize>> {
    let mut taken = vec![false; before.len()];
    let mut next = 0;
    let find = |key: &K| {
        // Mostly it is the one after the last that was found.
        let found = (next..before.len()).chain(0..next).find(|place| !taken[*place] && before[*place] == *key)?;
        taken[found] = true;
        next = found + 1;
        Some(found)
    };
    now.iter().map(find).collect()
}

/// Which of these rows stay where they are, while the others are put around them: the most that are in order already.
pub fn stays(places: &[Option<usize>]) -> Vec<bool> {
    // Of the runs of each length, the row at which the one ends that ends lowest; and the row before each row in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; places.len()];
    for (row, place) in places.iter().enumerate().filter(|(_, place)| place.is_some()) {
        let length = ends.partition_point(|end| places[*end] < *place);
        before[row] = length.checked_sub(1).map(|last| ends[last]);
        match ends.get_mut(length) {
            Some(end) => *end = row,
            None => ends.push(row),
        }
    }
    let mut stays = vec![false; places.len()];
    let mut next = ends.last().copied();
    while let Some(row) = next {
        stays[row] = true;
        next = before[row];
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which rows are made, and which are moved, when one list becomes the other.
    fn change(before: &str, now: &str) -> (String, String) {
        let (before, now): (Vec<char>, Vec<char>) = (before.chars().collect(), now.chars().collect());
        let places = places(&before, &now);
        let stays = stays(&places);
        let made = now.iter().zip(&places).filter(|(_, place)| place.is_none()).map(|(key, _)| *key).collect();
        let moved = now.iter().zip(places.iter().zip(&stays)).filter(|(_, (place, stays))| place.is_some() && !**stays);
        (made, moved.map(|(key, _)| *key).collect())
    }

    fn pair(made: &str, moved: &str) -> (String, String) {
        (made.to_owned(), moved.to_owned())
    }

    #[test]
    fn the_same_list_makes_and_moves_nothing() {
        assert_eq!(change("", ""), pair("", ""));
        assert_eq!(change("abcd", "abcd"), pair("", ""));
    }

    #[test]
    fn what_is_new_is_made_and_nothing_else() {
        assert_eq!(change("", "ab"), pair("ab", ""));
        assert_eq!(change("bd", "abcde"), pair("ace", ""));
    }

    #[test]
    fn what_goes_moves_nothing() {
        assert_eq!(change("abcde", "bd"), pair("", ""));
        assert_eq!(change("abcde", ""), pair("", ""));
    }

    #[test]
    fn one_that_comes_to_the_top_moves_alone() {
        assert_eq!(change("abcde", "eabcd"), pair("", "e"));
        assert_eq!(change("abcde", "dabce"), pair("", "d"));
    }

    #[test]
    fn one_that_goes_to_the_end_moves_alone() {
        assert_eq!(change("abcde", "bcdea"), pair("", "a"));
    }

    #[test]
    fn as_few_move_as_can() {
        assert_eq!(change("abcdef", "badcxef").1.len(), 2);
        assert_eq!(change("abcd", "dcba").1.len(), 3);
    }

    #[test]
    fn of_two_that_are_alike_each_stands_for_itself() {
        assert_eq!(places(&['a', 'a'], &['a', 'a', 'a']), [Some(0), Some(1), None]);
        assert_eq!(places(&['a', 'b', 'a'], &['b', 'a', 'a']), [Some(1), Some(2), Some(0)]);
    }
}
