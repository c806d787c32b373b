# What zsh would offer for a line, a word each: zsh -f complete.zsh SCRIPT LINE
# There is no other way to ask than to type, so a second zsh is typed to, on a terminal of its own.
zmodload zsh/zpty
found=$(mktemp)
zpty inner zsh -f -i
zpty -w inner "PROMPT=; autoload -Uz compinit; compinit -u -D; source ${(q)1}; source ${(q)0:A:h}/complete_inner.zsh ${(q)found}"
zpty -r inner seen '*READY*'
zpty -w -n inner "$2"$'\t'
zpty -r inner seen '*DONE*'
zpty -d inner
cat $found
rm $found
