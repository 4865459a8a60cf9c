"""Telegram's HTML: what it refuses, in its words, and what a reader sees of the rest."""

import pytest

from tests.botapi.markup import parse_html, read
from tests.botapi.scanner import units
from tests.botapi.violations import Refused


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("цена < 5 ₽", 'Unsupported start tag "" at byte offset 9'),
        ("<table><tr></tr></table>", 'Unsupported start tag "table" at byte offset 0'),
        ("<br>", 'Unsupported start tag "br"'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>a</b></i>", 'expected "</i>", found "</b>"'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ('<a href="https://a.ru>a</a>', 'Unclosed start tag "a"'),
        ('<span class="red">a</span>', 'Tag "span" must have class "tg-spoiler"'),
        ('<tg-emoji emoji-id="x">a</tg-emoji>', "Invalid custom emoji identifier"),
        # Telegram would show these as they are: escapes that somebody forgot.
        ("H&M", 'Character "&" must be escaped'),
        ("5&nbsp;₽", 'Character "&" must be escaped'),
        ("a > b", 'Character ">" must be escaped'),
        ('<b class="x">a</b>', 'Attribute "class" means nothing in the tag "b"'),
        ("<a>a</a>", 'Tag "a" has no valid link'),
        ("<code><b>a</b></code>", 'Tag "b" inside code'),
        ("<blockquote><blockquote>a</blockquote></blockquote>", 'Tag "blockquote" inside itself'),
        ("<b/>", 'Tag "b" cannot close itself'),
    ],
)
def test_bad_html_is_refused_in_telegrams_words(source, words):
    with pytest.raises(Refused) as refused:
        parse_html(source)
    assert refused.value.code == 400
    assert refused.value.description.startswith("Bad Request: can't parse entities: ")
    assert words in refused.value.description


def test_every_tag_of_the_classic_mode_passes_and_leaves_its_text():
    source = (
        "<b>1</b><strong>2</strong><i>3</i><em>4</em><u>5</u><ins>6</ins><s>7</s><strike>8</strike><del>9</del>"
        '<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler><a href="https://a.ru/?x=1&amp;y=2">c</a>'
        '<code>d</code><pre>e</pre><pre><code class="language-sql">f</code></pre><blockquote>g</blockquote>'
        '<blockquote expandable>h</blockquote><tg-emoji emoji-id="5368324170671202286">i</tg-emoji>'
        '<tg-time unix="1795251600" format="d">j</tg-time>'
    )
    seen = parse_html(source)
    assert seen.text == "123456789abcdefghij"
    assert {entity["type"] for entity in seen.entities} >= {
        "expandable_blockquote",
        "text_link",
        "spoiler",
        "pre",
    }


def test_entities_count_in_utf16_units():
    seen = parse_html("🟣 &lt;<b>WB</b>&gt; &#8381;")
    assert seen.text == "🟣 <WB> ₽"
    assert seen.entities == ({"offset": 4, "length": 2, "type": "bold"},)
    assert units(seen.text) == 9


def test_space_around_is_cut_with_its_entities():
    seen = parse_html("  <b> a </b>  ")
    assert (seen.text, seen.entities) == ("a", ({"offset": 0, "length": 1, "type": "bold"},))


def test_markdown_is_not_used_here():
    with pytest.raises(Refused, match="not used here"):
        read("*a*", "MarkdownV2", None)
    with pytest.raises(Refused, match="unsupported parse_mode"):
        read("a", "html5", None)


def test_a_source_over_32768_bytes_is_refused_before_it_is_parsed():
    with pytest.raises(Refused, match="Text is too long"):
        read("<" + "a" * 32768, "HTML", None)
