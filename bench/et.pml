/*
 * Three writers and two waiters on one edge-triggered descriptor, for SPIN: the same protocol as
 * bench/check.ts, with the steps of Linux's eventpoll that other CPUs can see.
 */
#define WRITERS 3
#define WAITERS 2

byte unread;                  /* the count of the eventfd */
bool linked;                  /* the item is on rdllist */
bool scanning, overflow;      /* ovflist is open; the item is on it */
byte waiting;                 /* how many stand on ep->wq, the newest at the end */
byte wq[WAITERS];
bool awake[WAITERS];
bit wq_lock, ep_lock, mtx;    /* the eventfd's, ep->lock, ep->mtx */

inline lock(l) { atomic { l == 0 -> l = 1 } }
inline unlock(l) { l = 0 }

/* Under ep_lock: wakes the waiter that fell asleep last. */
inline wake() {
  if
  :: waiting > 0 -> waiting--; awake[wq[waiting]] = true
  :: else
  fi
}

proctype writer() {
  lock(wq_lock);
  unread++;
  lock(ep_lock);
  d_step {
    if
    :: scanning -> overflow = true
    :: else -> linked = true
    fi;
    wake();
    ep_lock = 0;
    wq_lock = 0
  }
}

proctype waiter(byte me) {
  bool available, batch;
  byte delivered = 0;
  /* ep_events_available() without the lock: two looks. */
  available = linked;
  if
  :: !available -> available = scanning
  :: else
  fi;
  do
  :: available ->
       lock(mtx);
       lock(ep_lock);
       d_step { batch = linked; linked = false }
       d_step { scanning = true; ep_lock = 0 }
       if
       :: batch -> delivered = (unread > 0)
       :: else
       fi;
       lock(ep_lock);
       d_step {
         if
         :: overflow -> linked = true
         :: else
         fi;
         overflow = false;
         scanning = false
       }
       d_step {
         if
         :: linked -> wake()
         :: else
         fi;
         ep_lock = 0
       }
       unlock(mtx);
       if
       :: delivered -> break
       :: else -> available = false
       fi
  :: else ->
       lock(ep_lock);
       d_step {
         available = linked || scanning;
         if
         :: !available -> awake[me] = false; wq[waiting] = me; waiting++
         :: else
         fi;
         ep_lock = 0
       }
       if
       :: !available ->
end_asleep: awake[me]; available = true
       :: else
       fi
  od;
  /* Reads what there is. */
  lock(wq_lock);
  d_step { unread = 0; wq_lock = 0 }
}

init {
  byte i;
  atomic {
    for (i : 1 .. WRITERS) { run writer() }
    for (i : 0 .. WAITERS - 1) { run waiter(i) }
  }
  /* Nobody can go on: what is unread is announced, or nobody waits for it. */
  timeout;
  assert(unread == 0 || linked || waiting == 0)
}
