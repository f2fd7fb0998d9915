//! Mistakes in `half_split_columns`.

/// The way in: what llama.cpp's converter does to the published columns. Doing it twice is no way
/// back.
pub fn the_way_in_and_not_the_way_back(heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let mut places = Vec::new();
    for head in 0..heads {
        for pair in 0..d_head / 2 {
            places.push(head * d_head + pair);
            places.push(head * d_head + d_head / 2 + pair);
        }
    }
    places.extend(heads * d_head..columns);
    places
}

/// Loads, and every head is asked with its numbers in the wrong pairs.
pub fn nothing_moved(_heads: usize, _d_head: usize, columns: usize) -> Vec<usize> {
    (0..columns).collect()
}

/// Pairs never reach from one head into another.
pub fn all_heads_as_one(heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let turned = heads * d_head;
    let mut places: Vec<usize> = (0..turned).step_by(2).collect();
    places.extend((1..turned).step_by(2));
    places.extend(turned..columns);
    places
}

/// Which number of a pair comes first says in which direction it is turned.
pub fn the_second_halves_first(heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let mut places = Vec::new();
    for head in 0..heads {
        for half in [1, 0] {
            for pair in 0..d_head / 2 {
                places.push(head * d_head + 2 * pair + half);
            }
        }
    }
    places.extend(heads * d_head..columns);
    places
}

/// Values carry no position, and no converter touched them.
pub fn the_values_moved_as_well(_heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let mut places = Vec::new();
    for head in 0..columns / d_head {
        for half in 0..2 {
            for pair in 0..d_head / 2 {
                places.push(head * d_head + 2 * pair + half);
            }
        }
    }
    places
}

/// The projection loses its values.
pub fn the_values_left_out(heads: usize, d_head: usize, _columns: usize) -> Vec<usize> {
    let mut places = Vec::new();
    for head in 0..heads {
        for half in 0..2 {
            for pair in 0..d_head / 2 {
                places.push(head * d_head + 2 * pair + half);
            }
        }
    }
    places
}

/// Every head is the first one.
pub fn the_head_left_out_of_the_place(heads: usize, d_head: usize, columns: usize) -> Vec<usize> {
    let mut places = Vec::new();
    for _head in 0..heads {
        for half in 0..2 {
            for pair in 0..d_head / 2 {
                places.push(2 * pair + half);
            }
        }
    }
    places.extend(heads * d_head..columns);
    places
}
