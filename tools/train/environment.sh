# Read by the shell programs here: settings for training on processors. The allocator that Linux comes with gives memory
# back and takes it again at every step, 230,000 page faults a second; jemalloc, told to keep it, doubled the rate.
export OMP_WAIT_POLICY=passive
jemalloc=$(ldconfig -p 2>/dev/null | sed -n 's/.*libjemalloc\.so\.2 .*=> //p' | head -n 1)
if [ -n "$jemalloc" ]; then
  export MALLOC_CONF=background_thread:true,dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,thp:always
  export LD_PRELOAD="$jemalloc"
else
  echo 'libjemalloc.so.2 not found (Debian: libjemalloc2): training on processors takes about twice as long without it' >&2
fi
