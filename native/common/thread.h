// Threads of the core's own.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace mortise {

// Signals are for the threads of the host: this one, and what it starts, takes none. False where the system gives no thread.
inline bool StartThread(pthread_t* thread, void* (*run)(void*), void* argument) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(thread, nullptr, run, argument) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace mortise
