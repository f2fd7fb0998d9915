//! Mistakes in `with_stand_ins`.

use tokens::{Message, StandIn, Template, TokensError};

/// Whoever types the end of a turn ends it, and speaks on as whoever they like.
pub fn what_a_message_spells_becomes_a_token(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut text = template(messages)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    Ok(text)
}

/// What the model itself has written is read again, and so is what a program puts into `system`.
pub fn hidden_in_the_users_messages_only(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { role, content } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            if role == "user" {
                *content = content.replace(&one.text, &one.of_message.to_string());
            }
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    Ok(text)
}

/// A question about a special token loses what it asks for.
pub fn taken_out_of_the_messages(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replace(&one.text, "");
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    Ok(text)
}

/// The model reads a character that means nothing to it.
pub fn what_was_hidden_is_never_brought_back(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replace(&one.text, &one.of_message.to_string());
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    Ok(text)
}

/// By the time the tokens are marked, nothing tells them apart any more.
pub fn brought_back_before_the_tokens_are_marked(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replace(&one.text, &one.of_message.to_string());
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    Ok(text)
}

/// Somebody who knows the characters needs no special token to forge one.
pub fn a_typed_stand_in_is_taken_for_a_token(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace(&one.text, &one.of_message.to_string());
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    Ok(text)
}

/// Nobody is let in, and the model reads no special token at all.
pub fn the_templates_own_tokens_left_as_text(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replace(&one.text, &one.of_message.to_string());
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    Ok(text)
}

/// One is harmless, so whoever means harm types two.
pub fn only_the_first_of_a_message_hidden(
    messages: &[Message],
    stand_ins: &[StandIn],
    template: &Template<'_>,
) -> Result<String, TokensError> {
    let mut hidden = messages.to_vec();
    for Message { content, .. } in &mut hidden {
        for one in stand_ins {
            *content = content.replace([one.of_template, one.of_message], "\u{fffd}");
            *content = content.replacen(&one.text, &one.of_message.to_string(), 1);
        }
    }
    let mut text = template(&hidden)?;
    for one in stand_ins {
        text = text.replace(&one.text, &one.of_template.to_string());
    }
    for one in stand_ins {
        text = text.replace(one.of_message, &one.text);
    }
    Ok(text)
}
