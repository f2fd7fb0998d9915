//! What crosses lessons: arrows, sizes, figures, end to end.
