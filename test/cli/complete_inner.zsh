# In the zsh that is typed to: what would be offered goes to a file instead.
found=$1
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- $hits >> $found
  (( $#hits ))
}
finish() { print DO''NE }
comppostfuncs=(finish)
bindkey '^I' complete-word
print REA''DY
